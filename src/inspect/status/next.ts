import { lockedFailure } from '../../mysql/lock';
import type { CanaryMode } from '../../rotation/canary';
import type { Observation } from '../../rotation/observation';
import { slotsOwnLogin } from '../../rotation/observation';
import type { PlanResult } from '../../rotation/planRotation';
import { planRotation } from '../../rotation/planRotation';
import type { SlotDocument } from '../../rotation/secretDocument';
import { slots } from '../../rotation/slot';
import { immutableProblem, otherOwnerProblem, sameLogin } from '../observe';
import { valueOf } from '../../base/part';
import type { StatusFacts } from './facts';
import type { NextReport, PartName, Unreadable } from './report';

/** What a rotation would find; undefined when a part of it could not be read. */
function observationOf(facts: StatusFacts): Observation | undefined {
  const { logins } = facts;
  const [slotSecret, adminSecret] = [valueOf(facts.slotSecret), valueOf(facts.adminSecret)];
  const [sqlconf, secret] = [valueOf(facts.sqlconf), valueOf(facts.kubernetesSecret)];
  const deployment = valueOf(facts.deployment);
  if (!slotSecret || !adminSecret || !sqlconf || !secret || logins.sqlconf === undefined) return undefined;
  const answered = slots.filter((slot) => logins[slot] !== undefined);
  const slotsWork = Object.fromEntries(answered.map((slot) => [slot, logins[slot] === 'works']));
  const { arn, versionId, text, document } = slotSecret;
  const admin = logins.admin?.kind === 'works' ? logins.admin.login : adminSecret.login;
  return {
    slotSecret: { arn, versionId, text, document },
    adminSecret: { arn: adminSecret.arn, login: admin },
    sqlconf: {
      path: sqlconf.path,
      stamp: sqlconf.stamp,
      sha256: sqlconf.sha256,
      login: sqlconf.login,
      works: logins.sqlconf === 'works',
    },
    otherSites: sqlconf.otherSites,
    kubernetesSecret: {
      data: secret.data,
      works: logins.kubernetesSecret === 'works',
      ...slotPassword(facts, slotSecret.document, {
        login: sqlconf.login,
        works: logins.sqlconf === 'works',
      }),
    },
    ...(logins.sqlconf === 'works' ? {} : { slotsWork }),
    restartedAs: deployment?.restartedAs,
  };
}

/** Whether the slot secret's password works beside that of the Kubernetes Secret: each was asked by itself. */
function slotPassword(
  { logins, kubernetesSecret }: StatusFacts,
  document: SlotDocument,
  file: Parameters<typeof slotsOwnLogin>[2],
): Pick<Observation['kubernetesSecret'], 'slotPasswordWorks'> {
  const inSecret = logins.kubernetesSecret === 'works' ? valueOf(kubernetesSecret)?.login : undefined;
  const own = slotsOwnLogin(document, inSecret, file);
  if (own === undefined) return {};
  const entry = document.entries[own.slot];
  const isAsked = entry.kind === 'complete' && sameLogin(entry.login, own.login);
  return { slotPasswordWorks: isAsked && logins[own.slot] === 'works' };
}

/**
 * What a rotation would decide now, by the same function; undefined where something that it needs could not be read.
 * @param canary what the run is told of one; a new plan has none without it, and one that is taken up has its own
 */
export function planOf(
  facts: StatusFacts,
  canary?: CanaryMode,
  kind: 'rotate' | 'sync' = 'rotate',
): PlanResult | undefined {
  const observation = observationOf(facts);
  if (observation === undefined) return undefined;
  const request = { kind, id: 'next', now: facts.now, canary };
  const { takenUp } = facts;
  if (takenUp?.kind === 'unreadable') return undefined;
  return planRotation(observation, request, takenUp ? takenUp.value : valueOf(facts.state)?.journal);
}

/** Without these a run ends at once; that the Deployment cannot be read is told by the preflight, with every right that is missing. */
function stopsRun(part: PartName): boolean {
  return part !== 'lock' && part !== 'Deployment';
}

/** Why a run would be refused, in the words of the run: what reading the world, the plan and the preflight say. */
export function refusalsOf(facts: StatusFacts, planned: PlanResult | undefined): string[] {
  const { logins, problems = [] } = facts;
  const secret = valueOf(facts.kubernetesSecret);
  const holder = valueOf(facts.lock);
  const owners = [valueOf(facts.slotSecret), valueOf(facts.adminSecret)].flatMap((each) =>
    each?.owner === undefined ? [] : [otherOwnerProblem(each.id, each.owner)],
  );
  const found = [
    ...(logins.admin?.kind === 'refused' ? [logins.admin.reason] : []),
    ...owners.map(({ message }) => message),
    ...(secret?.immutable === true ? [immutableProblem(secret.name).message] : []),
    ...(facts.takenUp?.kind === 'unreadable' ? [facts.takenUp.failure.message] : []),
    ...(planned?.kind === 'refused' ? planned.problems : []),
    ...problems.map(({ message }) => message),
    ...(holder ? [lockedFailure(holder).message] : []),
  ];
  return [...new Set(found)];
}

/** What a run would do; null where it would be refused, or end for what it cannot read. */
export function nextReport(
  planned: PlanResult | undefined,
  refused: readonly string[],
  unreadable: readonly Unreadable[],
): NextReport | null {
  if (planned?.kind !== 'planned' || refused.length > 0) return null;
  if (unreadable.some(({ part }) => stopsRun(part))) return null;
  const { kind, from, to, renew } = planned.planned.plan;
  return { kind, from, to, renew, resumes: planned.resumed };
}
