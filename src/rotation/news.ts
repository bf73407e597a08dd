import type { StepStatus } from './ends';
import type { StepNumber } from './steps';
import type { PlannedRotation } from './rotationPlan';
import type { Failure, Outcome, FailureCode } from '../base/failure';

/** One step of a run; `ms` is its duration in milliseconds, absent when it was not reached. */
export interface StepResult {
  number: StepNumber;
  status: StepStatus;
  ms?: number;
}

/** Something that a renderer may show. */
export type StepEvent =
  | { kind: 'started'; step: StepNumber }
  | { kind: 'ended'; step: StepNumber; status: StepStatus; ms: number }
  | { kind: 'resource'; step: StepNumber; name: string; operation: string };

/** One resource in a preview. */
export interface PreviewedChange {
  name: string;
  operation: string;
  step: StepNumber | undefined;
}

/** News of a run for a renderer. */
export type RunNews =
  | { kind: 'planned'; planned: PlannedRotation; resumed: boolean; notices: string[] }
  /** What an operator should know, a sentence without its full stop. */
  | { kind: 'notice'; text: string }
  | { kind: 'step'; event: StepEvent }
  | { kind: 'rollout'; updated: number; available: number; wanted: number }
  | { kind: 'rolling-back'; failure: Failure; step: number | undefined };

/** News of a command, as the renderers take it. */
export type News = { kind: 'reading' } | { kind: 'stopping'; text: string } | RunNews;

/** How a command ended. */
export interface Ending {
  outcome: Outcome;
  /** Why, where it failed. */
  code?: FailureCode | undefined;
  message: string;
  planned?: PlannedRotation;
  resumed?: boolean;
  steps: StepResult[];
}
