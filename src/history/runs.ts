import type { PastRun } from './pastRotation';
import type { RotationPlan } from '../rotation/rotationPlan';
import type { HistoryEntry } from './entries';
import type { PastSteps, PastFailure } from '../rotation/stepTimes';

/** Times of the history are whole seconds, cut off. */
const entryToleranceMs = 1500;

/**
 * The runs that worked on a plan, in order. A killed run leaves no entry: it shows by steps that ended outside of
 * every entry, or by a plan that only the state has.
 */
export function runsOf(record: PlanRecord): PastRun[] {
  const { plan, entries, past, open } = record;
  const firstBegan = begunAt(record);
  const known: PastRun[] = entries.map(({ startedAt, endedAt, succeeded, by }) => ({
    startedAt,
    endedAt,
    succeeded,
    by: by ?? null,
  }));
  const killed: PastRun[] = [];
  for (const { at } of past?.ends ?? []) {
    const inside = known.some(({ startedAt, endedAt }) => startedAt <= at && at <= later(endedAt));
    const next = known.findIndex(({ startedAt }) => startedAt > at);
    const begin = next === 0 || known.length === 0 ? firstBegan : at;
    const seen = killed.some((run) => known.findIndex(({ startedAt }) => startedAt > run.startedAt) === next);
    if (!inside && !seen) killed.push(unended(begin, plan.by));
  }
  if (open && known.length === 0 && killed.length === 0) killed.push(unended(firstBegan, plan.by));
  return [...known, ...killed].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
}

/**
 * When a plan's first run began with it: a plan may have waited for its review before. The history has whole seconds,
 * cut off, so that the plan's own time is the better one where it is the later one.
 */
export function begunAt({ plan, entries, past }: PlanRecord): string {
  const seen = [entries[0]?.startedAt, past?.begun].filter((time) => time !== undefined);
  if (seen.length === 0) return plan.startedAt;
  const [first = plan.startedAt] = [...seen, ...(past?.ends ?? []).map(({ at }) => at)].sort();
  return first > plan.startedAt ? first : plan.startedAt;
}

function unended(startedAt: string, by: string | undefined): PastRun {
  return { startedAt, endedAt: null, succeeded: false, by: by ?? null };
}

function later(time: string | null): string {
  return time === null ? '' : new Date(Date.parse(time) + entryToleranceMs).toISOString();
}

/** Everything that is known of one plan. */
export interface PlanRecord {
  plan: RotationPlan;
  entries: HistoryEntry[];
  past: PastSteps | undefined;
  /** Why a run of it failed. */
  failed: PastFailure | undefined;
  /** True for the plan that the state holds and says is not finished. */
  open: boolean;
}
