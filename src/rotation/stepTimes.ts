import type { StepNumber } from './steps';

/** The end of one step. */
export interface StepEnd {
  step: StepNumber;
  /** ISO time. */
  at: string;
}

/** Where and why an update failed; no secret is in it. */
export interface PastFailure {
  /** Undefined when no step is to blame. */
  step?: StepNumber;
  /** ISO time. */
  at: string;
  message: string;
}

/**
 * When the steps of one update ended. Pulumi's history keeps no step times, so each plan takes with it what is known
 * of the rotation before. It holds no secret.
 */
export interface PastSteps {
  /** Id of the plan that these steps belong to. */
  id: string;
  /** When an update began to carry it out, an ISO time: a plan that was saved is older than that. */
  begun?: string;
  /** One for each step that did something, in order. */
  ends: StepEnd[];
  /** Where and why it failed, when the process that saw it could say so. */
  failed?: PastFailure;
}

/** Who runs the command, and what is known of the rotation before: goes with a plan into the history. */
export interface Provenance {
  /** user@host; in a pod the host is the pod's name. */
  by?: string;
  previous?: PastSteps;
}
