import type { PastSteps, Provenance, StepEnd } from '../rotation/stepTimes';
import type { RotationPlan } from '../rotation/rotationPlan';
import { readPlan } from '../rotation/storedPlan';
import type { StepNumber } from '../rotation/steps';
import { proofsIn } from './proofs';
import { furthestOf, nameOf } from './stepTracker';
import type { StateResource } from './stateForm';
import { resourcesIn, unreadableState } from './stateForm';
import { whoRuns } from './who';
import { isRenewalAct, renewalStep, retireStep, stepOfResource } from '../rotation/steps';

/** The resource that holds the plan; see src/steps/planRecord.ts. */
export function isPlanRecord({ type }: StateResource): boolean {
  return type.endsWith(':PlanRecord');
}

/**
 * The plan that the state holds, finished or not; undefined without one. No secret of the state is looked at.
 * @throws Failure `configuration` for a plan that this version cannot read
 */
export function planInState(deployment: unknown): RotationPlan | undefined {
  const text = resourcesIn(deployment).find(isPlanRecord)?.outputs?.['plan'];
  // Before its first write a record has no outputs.
  if (text === undefined) return undefined;
  const read = readPlan(typeof text === 'string' ? text : '');
  if (read.ok) return read.value;
  throw unreadableState(`the plan in it: ${read.problem}`);
}

/**
 * When the steps of the state's plan ended, whichever run carried them out: the engine notes for each resource when
 * it was written. Steps that found nothing to do have no end.
 */
export function pastStepsOf(deployment: unknown): PastSteps | undefined {
  const plan = planInState(deployment);
  if (!plan) return undefined;
  const ends = new Map<StepNumber, string>();
  for (const { name, step, modified } of writtenFor(plan, deployment)) {
    // The proof before the change, and the change itself, are no renewal yet: a run may have been stopped between them.
    if (step === renewalStep && !isRenewalAct(name)) continue;
    const at = new Date(modified).toISOString();
    if (at > (ends.get(step) ?? '')) ends.set(step, at);
  }
  const begun = begunIn(deployment);
  const proofs = proofsIn(resourcesIn(deployment), plan.id);
  return {
    id: plan.id,
    ...(begun === undefined ? {} : { begun }),
    ends: inOrder(ends),
    ...(proofs === undefined ? {} : { proofs }),
  };
}

/**
 * The last step that the state's plan has come to, as far as the state says it for sure. The user that step 10 renews may
 * have been written by another run, on another clock: there the acts count, which have the plan's id in their names.
 */
export function reachedIn(deployment: unknown): StepNumber | undefined {
  const plan = planInState(deployment);
  if (!plan) return undefined;
  const sure = writtenFor(plan, deployment).filter(({ name, step }) => step < retireStep || isAct(name));
  return furthestOf(sure.map(({ step }) => step));
}

/** When the last step of the state's plan ended, ISO; undefined where the state does not say it. */
export function lastEndIn(deployment: unknown): string | undefined {
  return pastStepsOf(deployment)?.ends.at(-1)?.at;
}

/** The resources that were written for a plan, with their steps. */
function writtenFor(
  plan: RotationPlan,
  deployment: unknown,
): { name: string; step: StepNumber; modified: string }[] {
  return resourcesIn(deployment).flatMap(({ urn = '', modified }) => {
    const name = nameOf(urn);
    const step = stepOfResource(name, plan.renew?.toLowerCase());
    if (step === undefined || modified === undefined || !isOf(name, modified, plan)) return [];
    return [{ name, step, modified }];
  });
}

/** When the update began that carried out the state's plan: the plan itself is the first that it writes. */
export function begunIn(deployment: unknown): string | undefined {
  const record = resourcesIn(deployment).find(isPlanRecord);
  return record?.modified === undefined ? undefined : new Date(record.modified).toISOString();
}

/** The stack's outputs; they are recorded at the end of an update that carried out every step. */
export function outputsOf(deployment: unknown): Record<string, unknown> {
  return resourcesIn(deployment).find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs ?? {};
}

/** What a new plan takes with it into the history. */
export function provenanceOf(deployment: unknown): Provenance {
  const previous = pastStepsOf(deployment);
  return { by: whoRuns(), ...(previous ? { previous } : {}) };
}

/** Acts are named after their rotation; things (users, file, Secret, restart) are of it when written since it began. */
function isOf(name: string, modified: string, { id, startedAt }: RotationPlan): boolean {
  return isAct(name) ? name.endsWith(id) : Date.parse(modified) >= Date.parse(startedAt);
}

/** Whether a name ends in the id of a rotation. */
function isAct(name: string): boolean {
  return /-\d{8}-\d{6}-[0-9a-f]+$/.test(name);
}

function inOrder(ends: Map<StepNumber, string>): StepEnd[] {
  return [...ends].map(([step, at]) => ({ step, at })).sort((one, other) => one.step - other.step);
}
