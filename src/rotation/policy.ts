import type { Outcome } from '../base/failure';
import type { StepNumber } from './steps';
import type { PlanKind } from './kinds';
import { moves } from './kinds';
import { cutOverStep, retireStep } from './steps';

/** Where an update failed, and how far its rotation is. */
export interface FailedAt {
  /** Where it failed; undefined when no step is to blame. */
  step: StepNumber | undefined;
  /** The furthest step that this run has begun to carry out; undefined before the first. */
  furthest: StepNumber | undefined;
  /** The furthest step that this rotation has begun, in this run or by the state in an earlier one. */
  reached: StepNumber | undefined;
}

/** How far a run was when it failed. */
export type Phase =
  /** Nothing was begun, or the plan moves nothing. */
  | 'reading'
  /** OpenEMR is still on the login from before. */
  | 'not-switched'
  /** OpenEMR may be on the new login, and the step that failed is one of those before the switch. */
  | 'taken-up'
  /** OpenEMR may be on the new login, whose proof did not come. */
  | 'switched'
  /** The proof is there, and the old slot is being retired. */
  | 'retiring'
  /** A rollback that did not finish. */
  | 'going-back';

/** What becomes of a run: an outcome, or a rollback where the old login still works, else `held`. */
export type Decision = Outcome | 'go-back';

/** True for a failure in a step before the switch, or in none. */
export function isBeforeSwitch({ step, furthest }: Pick<FailedAt, 'step' | 'furthest'>): boolean {
  const at = step ?? furthest;
  return at === undefined || at < cutOverStep;
}

/** The phase that follows from plan and steps alone; undefined when the world must be looked at: was it switched? */
export function phaseOf(kind: PlanKind, { reached }: FailedAt): Phase | undefined {
  if (!moves(kind)) return 'reading';
  if (reached !== undefined && reached >= retireStep) return 'retiring';
  return kind === 'rollback' ? 'going-back' : undefined;
}

/**
 * The phase of a run of which plan and steps alone do not tell it.
 * @param stillBefore the login from before was seen to be the one in use
 */
export function phaseSeen(at: FailedAt, stillBefore: boolean): Phase {
  if (stillBefore) return 'not-switched';
  // A rotation that was taken up may be past its switch, or past its flip: that is not undone for a step before it.
  return isBeforeSwitch(at) ? 'taken-up' : 'switched';
}

/** How a run ends by a decision for which there is no way back. */
export function withoutWayBack(decision: Decision): Outcome {
  return decision === 'go-back' ? 'held' : decision;
}

/** Exits that say more than that it was before the switch. */
const telling: readonly Outcome[] = ['permission', 'locked', 'configuration', 'drift'];

/**
 * Decides how a run ends: the one place that makes an outcome of a cause. Pure.
 * @param exit with what the cause ends a run that has switched nothing
 */
export function decide(phase: Phase, exit: Outcome): Decision {
  // A run that was stopped leaves all as it is.
  if (exit === 'cancelled') return exit;
  switch (phase) {
    case 'reading':
      return exit;
    case 'not-switched':
      return telling.includes(exit) ? exit : 'before-switch';
    case 'taken-up':
    case 'retiring':
    case 'going-back':
      return 'held';
    case 'switched':
      // Who lost the lock writes nothing more, a rollback neither.
      return exit === 'locked' ? 'held' : 'go-back';
  }
}
