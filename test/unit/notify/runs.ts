import type { Outcome } from '../../../src/base/failure';
import type { EndedRun } from '../../../src/notify/endedRun';
import type { RequestKind, RotationPlan } from '../../../src/rotation/rotationPlan';
import type { StepNumber } from '../../../src/rotation/steps';
import { stepNumbers } from '../../../src/rotation/steps';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';
import type { StepResult } from '../../../src/rotation/news';
import type { StepStatus } from '../../../src/rotation/ends';

/** What is special about a run of a test. */
export interface RunChanges {
  outcome?: Outcome;
  message?: string;
  plan?: Partial<RotationPlan>;
  resumed?: boolean;
  steps?: StepResult[];
  deployment?: string;
  doneAt?: EndedRun['doneAt'];
}

/** A run that was refused before it had a plan. */
export function refusedRun(outcome: Outcome, message: string, requested: RequestKind = 'rotate'): EndedRun {
  return { ...endedRun(), requested, ending: { outcome, message, steps: [] }, doneAt: {} };
}

/** Steps that are all done, but for these; every one after a failed one was not reached. */
export function stepsWith(special: Partial<Record<StepNumber, StepStatus>> = {}): StepResult[] {
  const failed = stepNumbers.find((number) => special[number] === 'failed') ?? 12;
  return stepNumbers.map((number) =>
    number > failed
      ? { number, status: 'not-reached' }
      : { number, status: special[number] ?? 'done', ms: number * 10 },
  );
}

/** A run that a signal stopped in step 4. */
const stoppedBeforeTheSwitch = stepsWith({ 4: 'failed' });

/** A rotation from A to B that ended at 12:00:30; step 10 was done at 12:00:10 and step 11 at 12:00:20. */
export function endedRun(changes: RunChanges = {}): EndedRun {
  const { plan, material } = plannedIn(worldOn('A'));
  const { outcome = 'done', message = 'OpenEMR runs on slot B.', resumed = false } = changes;
  return {
    requested: 'rotate',
    stack: 'prod',
    namespace: 'openemr',
    deployment: changes.deployment ?? 'web',
    ending: {
      outcome,
      message,
      planned: { plan: { ...plan, startedAt: '2026-03-01T11:59:00.000Z', ...changes.plan }, material },
      resumed,
      steps: changes.steps ?? (outcome === 'cancelled' ? stoppedBeforeTheSwitch : stepsWith()),
    },
    startedAt: new Date('2026-03-01T12:00:00.000Z'),
    endedAt: new Date('2026-03-01T12:00:30.500Z'),
    doneAt: changes.doneAt ?? {
      4: new Date('2026-03-01T12:00:05.000Z'),
      10: new Date('2026-03-01T12:00:10.000Z'),
      11: new Date('2026-03-01T12:00:20.000Z'),
    },
  };
}
