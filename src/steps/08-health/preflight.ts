import type { Failure } from '../../base/failure';
import type { HealthLook } from '../../openemr/health/look';
import { lookAtHealth } from '../../openemr/health/look';
import type { HealthBefore } from '../../rotation/health';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { switches } from '../../rotation/rotationPlan';
import type { SavedPlan } from '../../rotation/savedPlan';
import { outdatedPlan } from '../../rotation/savedPlan';

/** The settings that a look at the health page needs. */
export interface HealthSettings {
  healthUrl?: string;
  healthCaFile?: string;
  healthAnswersInARow: number;
}

/**
 * What the page says that a new plan's step 8 will ask; undefined where there is none, or no such step.
 * @param asked the answers, where it was asked before there was a plan
 */
export async function healthBefore(
  { plan }: PlannedRotation,
  settings: HealthSettings,
  asked?: Promise<HealthLook | undefined>,
): Promise<HealthLook | undefined> {
  return switches(plan) ? (asked ?? lookAtPage(settings)) : undefined;
}

/** What the health page says; undefined where none is named. */
export async function lookAtPage({
  healthUrl: url,
  healthCaFile,
  healthAnswersInARow,
}: HealthSettings): Promise<HealthLook | undefined> {
  if (url === undefined) return undefined;
  const page = { url, ...(healthCaFile === undefined ? {} : { caFile: healthCaFile }) };
  return lookAtHealth(page, healthAnswersInARow);
}

/** Whether step 8 would judge by one answer otherwise than by another: by what was wrong before. */
function judgesOtherwise(one: HealthBefore, other: HealthBefore): boolean {
  const wrong = ({ url, fault, failing }: HealthBefore): string => JSON.stringify([url, fault, failing]);
  return wrong(one) !== wrong(other);
}

/**
 * The plan with what the page said. One that was saved keeps what it had: its engine's plan holds the text fast.
 * @throws Failure `saved-plan-outdated` where that is not what the page says now
 */
export function withHealth(
  planned: PlannedRotation,
  look: HealthLook | undefined,
  saved: SavedPlan | undefined,
): PlannedRotation {
  const found = look?.problem === undefined ? look?.before : undefined;
  if (saved?.plan.health && found && judgesOtherwise(saved.plan.health, found))
    throw outdatedPlan(saved.plan, 'the health page answers otherwise than before it');
  const health = saved ? saved.plan.health : look?.before;
  return health === undefined ? planned : { ...planned, plan: { ...planned.plan, health } };
}

/**
 * What the page's answers before the switch mean: a page that is not good stops a rotation of a running OpenEMR. Where
 * OpenEMR is down, or the operator moves it back, the run may be the cure.
 */
export function healthFindings(
  look: HealthLook | undefined,
  mayBeCure: boolean,
): { problems: Failure[]; notices: string[] } {
  if (look === undefined) return { problems: [], notices: [] };
  const { problem, notices } = look;
  if (problem === undefined) return { problems: [], notices };
  return mayBeCure ? { problems: [], notices } : { problems: [problem], notices: [] };
}
