import { lockedFailure } from '../../mysql/lock';
import type { Observation } from '../../rotation/observation';
import type { PlanResult } from '../../rotation/planRotation';
import { planRotation } from '../../rotation/planRotation';
import { slots } from '../../rotation/slot';
import { immutableProblem, otherOwnerProblem } from '../observe';
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
    kubernetesSecret: { data: secret.data, works: logins.kubernetesSecret === 'works' },
    ...(logins.sqlconf === 'works' ? {} : { slotsWork }),
    restartedAs: deployment?.restartedAs,
  };
}

/** What a rotation would decide now, by the same function. */
export function planOf(facts: StatusFacts): PlanResult | undefined {
  const observation = observationOf(facts);
  if (observation === undefined) return undefined;
  const request = { kind: 'rotate' as const, id: 'next', now: facts.now };
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
