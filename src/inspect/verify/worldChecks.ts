import type { Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import type { Part } from '../../base/part';
import { valueOf } from '../../base/part';
import { immutableProblem, otherOwnerProblem } from '../observe';
import type { OtherUsers } from '../../steps/10-renewal/otherUsers';
import { wayBackIn } from '../status/drift';
import { leaseSeconds } from '../../kubernetes/lease';
import type { LeaseHolder, StatusFacts } from '../status/facts';
import type { Check } from './check';
import { Checks } from './check';

/** A Lease that was renewed so lately may be of a run that is alive, in ms: its holder's clock is not this machine's. */
const freshLeaseMs = 60_000;

/** What the facts of a status say of the prerequisites. Pure. */
export function worldChecks(facts: StatusFacts): Check[] {
  return [
    ...secretChecks(facts),
    ...fileChecks(facts),
    ...kubernetesChecks(facts),
    ...loginChecks(facts),
    lockCheck(facts),
  ];
}

function readable(checks: Checks, title: string, part: Part<unknown>): Check {
  return part.kind === 'read' ? checks.ok(title) : checks.failed(title, part.failure);
}

function secretChecks({ slotSecret, adminSecret }: StatusFacts): Check[] {
  const checks = new Checks('Secrets');
  const found = [
    readable(checks, 'slot secret can be read, and is well formed', slotSecret),
    readable(checks, 'admin secret can be read, and is well formed', adminSecret),
  ];
  for (const secret of [valueOf(slotSecret), valueOf(adminSecret)])
    if (secret?.owner !== undefined)
      found.push(checks.failed('nobody else rotates it', otherOwnerProblem(secret.id, secret.owner)));
  return found;
}

function fileChecks({ sqlconf }: StatusFacts): Check[] {
  const checks = new Checks('sqlconf.php');
  const warnings = valueOf(sqlconf)?.warnings ?? [];
  return [
    readable(checks, 'can be read, with plain values', sqlconf),
    ...warnings.map((warning) => checks.optional('is as OpenEMR expects it', warning)),
  ];
}

function kubernetesChecks({ kubernetesSecret, deployment, logins }: StatusFacts): Check[] {
  const checks = new Checks('Kubernetes');
  const secret = valueOf(kubernetesSecret);
  const found = [
    secret?.immutable === true
      ? checks.failed('Secret can be changed', immutableProblem(secret.name))
      : readable(checks, 'Secret can be read', kubernetesSecret),
  ];
  if (deployment.kind === 'unreadable')
    return [...found, checks.failed('Deployment can be read', deployment.failure)];
  const { name, rollout, ready, wanted } = deployment.value;
  const title = 'Deployment is healthy';
  const count = `${ready} of ${wanted} pods ready`;
  if (rollout.kind === 'complete') return [...found, checks.ok(title, count)];
  // A rollout that runs is judged by the preflight, which waits a while for its end; a rotation lets locked-out pods in.
  if (rollout.kind === 'progressing' || logins.kubernetesSecret === 'denied')
    return [...found, checks.optional(title, `Deployment ${name}: ${count}.`)];
  return [...found, checks.missing(title, `Deployment ${name}: ${rollout.reason}.`, 'before-switch')];
}

function loginChecks(facts: StatusFacts): Check[] {
  const { logins, database, slotSecret, sqlconf, lock } = facts;
  const checks = new Checks('Database');
  if (database) return [checks.failed('answers over trusted TLS', database)];
  const found = [checks.ok('answers over trusted TLS')];
  const { admin } = logins;
  const adminTitle = 'admin logs in';
  if (admin?.kind === 'works')
    found.push(
      checks.ok(
        adminTitle,
        admin.stage === 'AWSCURRENT' ? null : `with ${admin.stage}, which a rotation makes current`,
      ),
    );
  else found.push(checks.missing(adminTitle, admin?.reason ?? reasonOf(lock), 'permission'));
  const file = valueOf(sqlconf)?.login;
  const live = 'the login of sqlconf.php works';
  if (logins.sqlconf === 'works') found.push(checks.ok(live, file?.username ?? null));
  else if (file)
    found.push(checks.missing(live, `The database refuses ${file.username}. ${wayBackIn(facts)}`));
  const secret = valueOf(slotSecret);
  if (secret)
    for (const slot of slots)
      found.push(slotCheck(checks, slot, secret.document.entries[slot].kind, logins[slot]));
  return found;
}

function reasonOf(part: Part<unknown>): string {
  return part.kind === 'unreadable' ? part.failure.message : 'it was not asked';
}

/** A slot that does not log in is set by the next rotation: it is told, and stops nothing. */
function slotCheck(
  checks: Checks,
  slot: Slot,
  kind: 'complete' | 'empty',
  answer: 'works' | 'denied' | undefined,
): Check {
  const title = `slot ${slot} logs in`;
  if (kind === 'empty') return checks.optional(title, 'It has no password yet; a rotation generates one.');
  if (answer === 'works') return checks.ok(title);
  return checks.optional(
    title,
    'The slot secret has a password that the database refuses; a rotation sets it.',
  );
}

/** Others that use the same login: they are told, and stop nothing. */
export function otherUserChecks({ named, unseen }: OtherUsers): Check[] {
  const checks = new Checks('Database');
  const title = 'nobody else uses a login that a rotation changes';
  return [
    ...named.map((text) => checks.optional(title, `${text}.`)),
    ...(unseen === undefined ? [] : [checks.notChecked(title, `${unseen}.`)]),
    ...(named.length === 0 && unseen === undefined ? [checks.ok(title)] : []),
  ];
}

function lockCheck({ lock, lease, now }: StatusFacts): Check {
  const checks = new Checks('Lock');
  const title = 'no rotation is running';
  if (lock.kind === 'unreadable') return checks.notChecked(title, lock.failure.message);
  if (lock.value !== undefined)
    return checks.missing(
      title,
      `${lock.value.client ?? 'Somebody'} holds the lock; wait until that run ends, or look with credential-rotation unlock.`,
      'locked',
    );
  return leaseCheck(checks, title, valueOf(lease), now);
}

/**
 * A Lease without the database's lock, which ends with its connection: of a run whose database is another one, or left by
 * one that was killed, whose name stays in it until the next run.
 */
function leaseCheck(checks: Checks, title: string, lease: LeaseHolder | undefined, now: Date): Check {
  if (lease === undefined) return checks.ok(title);
  const { name, holder, renewed } = lease;
  const held = `${holder} holds Lease ${name}, renewed ${renewed}`;
  const ageMs = Math.abs(now.getTime() - Date.parse(renewed));
  if (ageMs < freshLeaseMs)
    return checks.missing(title, `${held}; wait until that run ends, or look again in a minute.`, 'locked');
  return checks.optional(
    title,
    `${held}: a run that was killed left it. The next run takes it over once it has not been renewed for ${leaseSeconds} s.`,
  );
}
