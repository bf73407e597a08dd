import { expect } from 'chai';
import type { CanaryMode } from '../../../src/rotation/canary';
import type { Journal, Observation } from '../../../src/rotation/observation';
import type { PlanResult } from '../../../src/rotation/planRotation';
import { planRotation } from '../../../src/rotation/planRotation';
import type { PlannedRotation, RequestKind, RotationPlan } from '../../../src/rotation/rotationPlan';
import type { World } from './simulatedWorld';
import { canary, observationOf } from './simulatedWorld';

export const now = new Date('2026-03-01T02:03:04.000Z');

/** What a plan decides, without the names and times around it. */
export type Decision = Pick<RotationPlan, 'kind' | 'from' | 'to' | 'mint' | 'renew' | 'rotateAdmin'>;

/** What a request has beside its kind. */
export interface Options {
  id?: string;
  journal?: Journal;
  canary?: CanaryMode;
}

/** Plans for a request that has this id. */
export function planFor(
  observation: Observation,
  kind: RequestKind = 'rotate',
  { id = 'run-1', journal, canary: mode }: Options = {},
): PlanResult {
  return planRotation(observation, { kind, canary: mode, id, now }, journal);
}

/** Plans in a world where there must be a plan. */
export function plannedIn(
  world: World,
  kind: RequestKind = 'rotate',
  options: Options = {},
): PlannedRotation & { resumed: boolean; notices: string[] } {
  const result = planFor(observationOf(world), kind, options);
  if (result.kind === 'refused') throw new Error(`refused: ${result.problems.join(' ')}`);
  expect(JSON.stringify(result.planned.plan), 'the plan holds a password').not.to.include(canary);
  expect(JSON.stringify(result.notices), 'a notice holds a password').not.to.include(canary);
  return { ...result.planned, resumed: result.resumed, notices: result.notices };
}

/** Why there is no plan, in a world where there must be none. */
export function refusalIn(world: World, kind: RequestKind = 'rotate'): string[] {
  const result = planFor(observationOf(world), kind);
  if (result.kind === 'planned') throw new Error(`planned: ${JSON.stringify(result.planned.plan)}`);
  expect(JSON.stringify(result), 'a problem holds a password').not.to.include(canary);
  for (const problem of result.problems) expect(problem).to.match(/^[^\n]+\.$/);
  return result.problems;
}

export function decisionOf({ plan }: PlannedRotation): Decision {
  const { kind, from, to, mint, renew, rotateAdmin } = plan;
  return { kind, from, to, mint, renew, rotateAdmin };
}
