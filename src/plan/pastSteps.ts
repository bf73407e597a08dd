import type { StepNumber } from './steps';

/** The end of one step. */
export interface StepEnd {
  step: StepNumber;
  /** ISO time. */
  at: string;
}

/**
 * When the steps of one update ended. Pulumi's history keeps no step times, so each plan takes with it what is known
 * of the rotation before. It holds no secret.
 */
export interface PastSteps {
  /** Id of the plan that these steps belong to. */
  id: string;
  /** One for each step that did something, in order. */
  ends: StepEnd[];
  /** Where and why it failed, when the process that saw it could say so. */
  failed?: { step?: StepNumber; at: string; message: string };
}

/** Who runs the command, and what is known of the rotation before: goes with a plan into the history. */
export interface Provenance {
  /** user@host; in a pod the host is the pod's name. */
  by?: string;
  previous?: PastSteps;
}
