import type { PastSteps } from '../rotation/stepTimes';
import type { RotationPlan } from '../rotation/rotationPlan';
import type { StepNumber } from '../rotation/steps';
import { stepNumbers } from '../rotation/steps';
import { stepsOfKind } from '../rotation/kinds';
import type { PastRun, PastStep } from './pastRotation';

/**
 * The steps of a plan from the times at which they ended. The steps are one chain: a step begins when the one before
 * has ended, or when the run begins that carried it out.
 */
export function stepsOf(plan: RotationPlan, runs: PastRun[], past: PastSteps, finished: boolean): PastStep[] {
  const ends = new Map(past.ends.map(({ step, at }) => [step, at]));
  const last = Math.max(0, ...ends.keys());
  const begins = [plan.startedAt, ...runs.map(({ startedAt }) => startedAt)];
  let before = plan.startedAt;
  return stepNumbers.map((number): PastStep => {
    const end = ends.get(number);
    if (end !== undefined) {
      const step = timed(number, 'done', begins, before, end);
      before = end;
      return step;
    }
    if (past.failed && past.failed.step === number && !finished)
      return timed(number, 'failed', begins, before, past.failed.at);
    // Who has a plan has done steps 1 and 2.
    if (number <= 2) return { number, status: 'done' };
    const passed = finished || number < last;
    return {
      number,
      status: passed ? (takesPart(plan, number) ? 'unchanged' : 'not-reached') : 'not-reached',
    };
  });
}

function timed(
  number: StepNumber,
  status: 'done' | 'failed',
  begins: string[],
  before: string,
  end: string,
): PastStep {
  const startedAt = [before, ...begins.filter((begin) => begin <= end)].sort().at(-1) ?? before;
  // Times of two machines may disagree a little.
  const started = startedAt > end ? end : startedAt;
  return { number, status, startedAt: started, endedAt: end, ms: Date.parse(end) - Date.parse(started) };
}

/** Which steps a plan has at all. */
function takesPart({ kind, renew, rotateAdmin }: RotationPlan, number: StepNumber): boolean {
  const { first, last } = stepsOfKind(kind);
  if (number < first || number > last) return false;
  if (number === 10) return renew !== null;
  return number === 11 ? rotateAdmin : true;
}
