import type { FailureCode, Outcome } from '../base/failure';
import { exitCodes } from '../base/failure';
import type { Place, PlanKind } from '../rotation/rotationPlan';
import { stepTitles } from '../rotation/steps';
import { scrubber } from '../secrecy/scrubber';
import type { Verdict } from '../rotation/ends';
import type { EndedRun } from './endedRun';
import { verdictOf } from './endedRun';
import type { StepResult } from '../rotation/news';

/** What `type` begins with. */
export const typePrefix = 'org.open-emr.credential-rotation.';

/** A CloudEvent 1.0 (github.com/cloudevents/spec) in structured mode. */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  time: string;
  datacontenttype: 'application/json';
  data: {
    outcome: Outcome;
    exitCode: number;
    /** Why it failed; null after a success. */
    code: FailureCode | null;
    message: string;
    rotation: string;
    kind: PlanKind;
    from: Place;
    to: Place;
    resumed: boolean;
    stack: string;
    startedAt: string;
    endedAt: string;
    steps: (StepResult & { title: string })[];
  };
}

/** The event of a run; undefined for one that moved nothing and left nothing to finish, or that had no plan. */
export function cloudEventOf(run: EndedRun): CloudEvent | undefined {
  const verdict: Verdict = verdictOf(run);
  const { namespace, deployment, stack, ending } = run;
  const { outcome, message, planned, resumed, steps } = ending;
  if (verdict === 'failed' || planned === undefined) return undefined;
  const { id: rotation, kind, from, to } = planned.plan;
  const [startedAt, endedAt] = [run.startedAt.toISOString(), run.endedAt.toISOString()];
  return {
    specversion: '1.0',
    // A rotation can be held more than once; those are different events.
    id: `${rotation}-${outcome}-${run.endedAt.getTime()}`,
    source: `/namespaces/${namespace}/deployments/${deployment}`,
    type: `${typePrefix}${verdict}`,
    time: endedAt,
    datacontenttype: 'application/json',
    data: {
      outcome,
      exitCode: exitCodes[outcome],
      code: ending.code ?? null,
      message: scrubber.scrub(message),
      rotation,
      kind,
      from,
      to,
      resumed: resumed === true,
      stack,
      startedAt,
      endedAt,
      steps: steps.map((step) => ({ ...step, title: stepTitles[step.number] })),
    },
  };
}
