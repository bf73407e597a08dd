import type { StepNumber } from '../rotation/steps';
import type { StepStatus, Verdict } from '../rotation/ends';
import { isStepDone, leftAsItWas, verdictOfRun } from '../rotation/ends';
import type { RequestKind } from '../rotation/kinds';
import type { Ending, News } from '../rotation/news';
import { retireStep } from '../rotation/steps';

/** A run that has ended, as others are told of it. One that was refused may have no plan, and has no steps. */
export interface EndedRun {
  /** What was asked for. */
  requested: RequestKind;
  stack: string;
  namespace: string;
  deployment: string;
  ending: Ending;
  startedAt: Date;
  endedAt: Date;
  /** When each step that did something in this run was done. */
  doneAt: Partial<Record<StepNumber, Date>>;
}

/** The verdict on a run. */
export function verdictOf({ ending }: EndedRun): Verdict {
  return verdictOfRun(ending);
}

/** Notes when the steps of a run are done, and the plan that nothing was done of yet. */
export class StepTimes {
  private times: Partial<Record<StepNumber, Date>> = {};
  private untouched: Pick<Ending, 'planned' | 'resumed'> = {};
  private rollingBack = false;

  /** Takes the news of a run; `now` is when it came. */
  take(news: News, now = new Date()): void {
    if (news.kind === 'planned') {
      const { planned, resumed } = news;
      this.times = {};
      this.untouched = { planned, resumed };
      this.rollingBack = false;
    }
    // The steps of a rollback have the same numbers, and set no password.
    if (news.kind === 'rolling-back') this.rollingBack = true;
    if (news.kind !== 'step' || this.rollingBack) return;
    const { event } = news;
    // Steps 1 and 2 are the reading and the planning.
    if (event.step > 2) this.untouched = {};
    if (event.kind === 'ended' && event.status === 'done') this.times[event.step] = now;
  }

  /** The plan of a run that was refused before it began with a step; without fields when there is none. */
  plan(): Pick<Ending, 'planned' | 'resumed'> {
    return this.untouched;
  }

  /** The times so far. */
  doneAt(): Partial<Record<StepNumber, Date>> {
    return { ...this.times };
  }
}

/** Whose password: a slot's user or the admin. */
export type Account = 'A' | 'B' | 'admin';

/** When a password was set. */
export interface PasswordTime {
  account: Account;
  at: Date;
  /** True when an earlier run of this rotation set it, so that `at` is only when the rotation began. */
  atLeast: boolean;
}

/** The passwords that this rotation has set. */
export function passwordTimes({ ending, endedAt, doneAt }: EndedRun): PasswordTime[] {
  const plan = ending.planned?.plan;
  if (plan === undefined) return [];
  const statusOf = (step: StepNumber): StepStatus | undefined =>
    ending.steps.find(({ number }) => number === step)?.status;
  const isDone = (step: StepNumber): boolean => isStepDone(statusOf(step));
  const setIn = (step: StepNumber, account: Account): PasswordTime[] => {
    if (!isDone(step)) return [];
    const earlier = statusOf(step) === 'unchanged';
    return [
      { account, at: earlier ? new Date(plan.startedAt) : (doneAt[step] ?? endedAt), atLeast: earlier },
    ];
  };
  // What a rotation mints before the switch counts from the flip on: without it the slot secret never names it.
  const minted = isDone(9) ? plan.mint.flatMap((slot) => setIn(4, slot)) : [];
  const renewed = plan.renew === null ? [] : setIn(10, plan.renew);
  return [...minted, ...renewed, ...(plan.rotateAdmin ? setIn(11, 'admin') : [])];
}

/** Where OpenEMR logs in now: a slot, `other` for neither; undefined when this run cannot tell. */
export function livePlace({ ending: { outcome, planned, resumed, steps } }: EndedRun): string | undefined {
  if (planned === undefined) return undefined;
  const { kind, from, to } = planned.plan;
  if (outcome === 'done') return to;
  if (kind === 'rollback') return undefined;
  if (outcome === 'rolled-back') return from;
  if (steps.some(({ number, status }) => number >= retireStep && status !== 'not-reached')) return to;
  return leftAsItWas(outcome) && resumed !== true ? from : undefined;
}
