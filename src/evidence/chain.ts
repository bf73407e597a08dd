import type { PastRotation } from '../history/pastRotation';
import { pastRotations } from '../history/rotations';
import { isFinished } from '../rotation/ends';
import type { Proofs } from '../rotation/proofs';
import { proofsSchema } from '../rotation/proofs';
import type { RotationPlan } from '../rotation/rotationPlan';
import { digestOf } from './canonical';
import type { Entry } from './form';
import type { Records } from './records';

/** A rotation with what its plans say beside it. */
export interface Recorded {
  rotation: PastRotation;
  plan: RotationPlan;
  rollback: RotationPlan | undefined;
}

/**
 * The rotations of a stack, the oldest first. A plan names the one before it, so that the order holds also where a clock
 * was set back; times decide only between those that name the same one. What was in order stays so when more comes.
 */
export function inOrder(records: Records): Recorded[] {
  const plans = plansOf(records);
  const rotations = pastRotations(records.entries, records.last, { failures: records.failures });
  const all = rotations.reverse().flatMap((rotation): Recorded[] => {
    const plan = plans.get(rotation.id);
    return plan ? [{ rotation, plan, rollback: plans.get(rotation.rollback?.id ?? '') }] : [];
  });
  const owner = new Map(
    all.flatMap((each) =>
      [each.plan, each.rollback].flatMap((plan) => (plan ? [[plan.id, each] as const] : [])),
    ),
  );
  const following = new Map<Recorded | undefined, Recorded[]>();
  for (const each of all) {
    const before = owner.get(each.plan.previous?.id ?? '');
    const at = before === each ? undefined : before;
    following.set(at, [...(following.get(at) ?? []), each]);
  }
  const found = new Set<Recorded>();
  const stack = [...(following.get(undefined) ?? [])].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    stack.push(...[...(following.get(next) ?? [])].reverse());
  }
  // Plans that name each other in a circle were not made by this tool; nothing is left out.
  return [...found, ...all.filter((each) => !found.has(each))];
}

/** Each plan as it was carried out last: one that is taken up can have changed a little. */
function plansOf({ entries, last }: Records): Map<string, RotationPlan> {
  const byTime = [...entries].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  const plans = new Map(byTime.map(({ plan }) => [plan.id, plan]));
  if (last) plans.set(last.plan.id, last.plan);
  return plans;
}

/** What is known of the proofs of each plan: of the last one by the state, of the others by the plan that came next. */
function proofsOf({ entries, last }: Records): Map<string, Proofs> {
  const pasts = [...entries.map(({ plan }) => plan.previous), last?.plan.previous, last?.past];
  // Parsed, so that what a newer version added is left out: an entry holds what its form names, and nothing else.
  return new Map(
    pasts.flatMap((past) => {
      const { success, data } = proofsSchema.safeParse(past?.proofs);
      return past && success ? [[past.id, data] as const] : [];
    }),
  );
}

/**
 * The entries of a stack, each with the hash of the one before. Pure: the same history gives the same hashes, and what
 * comes later changes none of a final entry.
 * @param clean masks what must not leave, in each text that is free: the others are exact
 */
export function entriesOf(records: Records, clean: (text: string) => string = (text) => text): Entry[] {
  const ordered = inOrder(records);
  const proofs = proofsOf(records);
  let previous: string | null = null;
  return ordered.map((recorded, index) => {
    const isLast = index === ordered.length - 1;
    const entry = cleaned(
      { ...entryOf(records.stack, recorded, proofs, isLast), number: index + 1, previous },
      clean,
    );
    previous = digestOf(entry);
    return entry;
  });
}

function entryOf(
  stack: string,
  { rotation, plan, rollback }: Recorded,
  proofs: ReadonlyMap<string, Proofs>,
  isLast: boolean,
): Omit<Entry, 'number' | 'previous'> {
  const { kind, from, to, result, by, startedAt, endedAt, renewed, undoes, rollback: back } = rotation;
  return {
    stack,
    ...courseOf(rotation, plan, proofs),
    ...{ kind, from, to, outcome: result, by, startedAt, endedAt, undoes },
    final: !isLast || isFinished(result) || result === 'rolled-back',
    renewed: renewed.map(({ account, at }) => ({ account, at })),
    rollback: back && rollback ? { ...courseOf(back, rollback, proofs), succeeded: back.succeeded } : null,
    slotSecret: plan.slotSecretArn,
    adminSecret: plan.adminSecretArn,
    adminUser: plan.adminUsername,
  };
}

type Course = Pick<Entry, 'id' | 'follows' | 'runs' | 'steps' | 'failure' | 'proofs' | 'plan'>;

/** Field by field, so that nothing else of the history gets in. */
function courseOf(
  { id, runs, steps, failure }: Pick<PastRotation, 'id' | 'runs' | 'steps' | 'failure'>,
  plan: RotationPlan,
  proofs: ReadonlyMap<string, Proofs>,
): Course {
  return {
    id,
    follows: plan.previous?.id ?? null,
    runs: runs.map(({ startedAt, endedAt, succeeded, by }) => ({ startedAt, endedAt, succeeded, by })),
    steps:
      steps?.map(({ number, status, startedAt = null, endedAt = null }) => ({
        ...{ number, status, startedAt, endedAt },
      })) ?? null,
    failure: failure && { step: failure.step, message: failure.message },
    proofs: proofs.get(id) ?? null,
    plan: { sha256: planDigest(plan) },
  };
}

/**
 * The digest of a plan as the history has it. Plans of older versions hold a hash of the file with the password in it:
 * it is left out, for who knows the rest could try passwords on a digest of it.
 */
export function planDigest(plan: RotationPlan): string {
  const rest = { ...plan };
  delete rest.sqlconfSha256;
  return digestOf(rest);
}

/** Fields with a text that somebody else wrote. The others are exact: a stack may be named as a short secret is. */
const freeTexts: ReadonlySet<string> = new Set(['message', 'by']);

function cleaned<T>(value: T, clean: (text: string) => string): T {
  const each = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(each);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [
        key,
        typeof inner === 'string' && freeTexts.has(key) ? clean(inner) : each(inner),
      ]),
    );
  };
  return each(value) as T;
}
