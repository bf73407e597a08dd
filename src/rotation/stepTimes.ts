import type { z } from 'zod';
import type { pastFailureSchema, pastStepsSchema } from './storedPlan';

/** Where and why an update failed; no secret is in it. */
export type PastFailure = z.infer<typeof pastFailureSchema>;

/** When the steps of one update ended. */
export type PastSteps = z.infer<typeof pastStepsSchema>;

/** The end of one step; `at` is an ISO time. */
export type StepEnd = PastSteps['ends'][number];

/** Who runs the command, and what is known of the rotation before: goes with a plan into the history. */
export interface Provenance {
  /** user@host; in a pod the host is the pod's name. */
  by?: string;
  previous?: PastSteps;
}
