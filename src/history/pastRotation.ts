import type { Place } from '../rotation/rotationPlan';
import type { Slot } from '../rotation/slot';
import type { StepNumber } from '../rotation/steps';
import type { PastResult, StepStatus } from '../rotation/ends';
import type { PlanKind } from '../rotation/kinds';

/** One run of the command that worked on a rotation. */
export interface PastRun {
  startedAt: string;
  /** Null when it left no entry: it was killed, or is under way. */
  endedAt: string | null;
  succeeded: boolean;
  by: string | null;
}

/** One step, as far as it is known. */
export interface PastStep {
  number: StepNumber;
  status: StepStatus;
  /** ISO times and milliseconds, for a step that did something. */
  startedAt?: string;
  endedAt?: string;
  ms?: number;
}

/** Why the last run that failed did; it may have been finished since. */
export interface PastReason {
  step: StepNumber | null;
  message: string;
}

/** The way back of a rotation whose new slot did not prove healthy. */
export interface PastRollback {
  id: string;
  runs: PastRun[];
  succeeded: boolean;
  /** Null when its times are not known. */
  steps: PastStep[] | null;
  failure: PastReason | null;
}

/** Requests to OpenEMR while it rotated, counted by whoever made them. */
export interface LoadCount {
  requests: number;
  failed: number;
  /** When requests failed, and how. */
  failures: { at: string; kind: string }[];
}

/** One rotation of the history. */
export interface PastRotation {
  id: string;
  kind: PlanKind;
  from: Place;
  to: Place;
  result: PastResult;
  /** When its first run began to carry out the plan, which may be older. */
  startedAt: string;
  /** When its last run ended; null when that is not known. */
  endedAt: string | null;
  /** From the first run's start to the last run's end, pauses and the rollback included. */
  seconds: number | null;
  /** Who began it; null where an older version did. */
  by: string | null;
  runs: PastRun[];
  /** Null when the step times are not known. */
  steps: PastStep[] | null;
  failure: PastReason | null;
  rollback: PastRollback | null;
  /** For a rollback whose rotation is not in the history any more: the id of that one. */
  undoes: string | null;
  /** Accounts that got a new password, and when; a slot whose password was made before the switch counts too. */
  renewed: { account: Slot | 'admin'; at: string }[];
  load: LoadCount | null;
}
