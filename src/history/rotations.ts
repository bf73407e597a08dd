import type { PastFailure, PastSteps } from '../rotation/stepTimes';
import type { RotationPlan } from '../rotation/rotationPlan';
import type { Slot } from '../rotation/slot';
import type { StepNumber } from '../rotation/steps';
import type { PastResult } from '../rotation/ends';
import { renews } from '../rotation/kinds';
import type { HistoryEntry } from './entries';
import type { LoadCount, PastRotation, PastRun, PastStep } from './pastRotation';
import { begunAt, runsOf } from './runs';
import { stepsOf } from './steps';
import type { PlanRecord } from './runs';
import { cutOverStep, retireStep } from '../rotation/steps';

/** What the state says of the last plan. */
export interface StateOfLast {
  plan: RotationPlan;
  finished: boolean;
  past: PastSteps;
}

/** What others left about rotations, by rotation id. */
export interface Beside {
  /** Counted requests. */
  loads?: ReadonlyMap<string, LoadCount>;
  /** Why the last run failed that did, where no other plan says so. */
  failures?: ReadonlyMap<string, PastFailure>;
}

/**
 * The rotations, the newest first: all updates of one plan are one rotation, and the rollback of a failed rotation
 * belongs to it. Pure.
 * @param entries the history, in any order
 * @param last what the state says; it also has the work of a run that left no entry
 * @param beside what lies beside the history
 */
export function pastRotations(
  entries: HistoryEntry[],
  last: StateOfLast | undefined,
  { loads = new Map(), failures = new Map() }: Beside = {},
): PastRotation[] {
  const records = recordsOf(entries, last, failures);
  const rollbacks = new Map<string, PlanRecord>();
  for (const record of records.values()) {
    const undone = records.get(record.plan.undoes ?? '');
    if (undone && !hasSucceeded(undone)) rollbacks.set(undone.plan.id, record);
  }
  const folded = new Set(rollbacks.values());
  return [...records.values()]
    .filter((record) => !folded.has(record))
    .map((record) => pastRotation(record, rollbacks.get(record.plan.id), loads.get(record.plan.id)))
    .sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
}

function recordsOf(
  entries: HistoryEntry[],
  last: StateOfLast | undefined,
  failures: ReadonlyMap<string, PastFailure>,
): Map<string, PlanRecord> {
  const records = new Map<string, PlanRecord>();
  const recordOf = (plan: RotationPlan): PlanRecord => {
    const found = records.get(plan.id) ?? {
      plan,
      entries: [],
      past: undefined,
      failed: undefined,
      open: false,
    };
    records.set(plan.id, found);
    return found;
  };
  for (const entry of [...entries].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1)))
    recordOf(entry.plan).entries.push(entry);
  if (last) Object.assign(recordOf(last.plan), { past: last.past, open: !last.finished });
  for (const { plan } of [...records.values()]) {
    const known = records.get(plan.previous?.id ?? '');
    // What the process saw that carried it out says more than the state: why it failed.
    if (known && plan.previous && (known.past === undefined || plan.previous.failed))
      known.past = plan.previous;
  }
  for (const record of records.values()) record.failed = record.past?.failed ?? failures.get(record.plan.id);
  return records;
}

function hasSucceeded({ entries, open }: PlanRecord): boolean {
  return !open && entries.some(({ succeeded }) => succeeded);
}

function pastRotation(
  record: PlanRecord,
  rollback: PlanRecord | undefined,
  load: LoadCount | undefined,
): PastRotation {
  const { plan, failed } = record;
  const runs = runsOf(record);
  const back = rollback && runsOf(rollback);
  const result = resultOf(record, rollback);
  const startedAt = begunAt(record);
  const endedAt = [...runs, ...(back ?? [])].at(-1)?.endedAt ?? null;
  return {
    id: plan.id,
    kind: plan.kind,
    from: plan.from,
    to: plan.to,
    result,
    startedAt,
    endedAt,
    seconds: endedAt === null ? null : Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000),
    by: runs[0]?.by ?? plan.by ?? null,
    runs,
    steps: knownSteps(record, runs),
    failure: failureOf(failed),
    rollback: rollback ? rollbackOf(rollback, back ?? []) : null,
    undoes: plan.undoes ?? null,
    renewed: renewedBy(record, endedAt),
    load: load ?? null,
  };
}

function rollbackOf(record: PlanRecord, runs: PastRun[]): PastRotation['rollback'] {
  const { plan, failed } = record;
  const succeeded = hasSucceeded(record);
  return { id: plan.id, runs, succeeded, steps: knownSteps(record, runs), failure: failureOf(failed) };
}

function knownSteps(record: PlanRecord, runs: PastRun[]): PastStep[] | null {
  const { plan, past, failed } = record;
  if (!past) return null;
  return stepsOf(
    { ...plan, startedAt: begunAt(record) },
    runs,
    { ...past, ...(failed ? { failed } : {}) },
    hasSucceeded(record),
  );
}

function failureOf(failed: PastFailure | undefined): PastRotation['failure'] {
  return failed ? { step: failed.step ?? null, message: failed.message } : null;
}

/** How it ended; see {@link PastResult}. */
function resultOf(record: PlanRecord, rollback: PlanRecord | undefined): PastResult {
  const { plan, past, entries, open } = record;
  if (rollback) {
    if (hasSucceeded(rollback)) return 'rolled-back';
    return leftUnfinished(rollback) ? 'unfinished' : 'held';
  }
  if (hasSucceeded(record)) return renews(plan.kind) ? 'rotated' : 'done';
  if (leftUnfinished(record) || (entries.length === 0 && !open)) return 'unfinished';
  if (!past) return 'failed';
  return Math.max(0, ...past.ends.map(({ step }) => step)) >= cutOverStep ? 'held' : 'before-switch';
}

/** True when the state has work of a run that left no entry. */
function leftUnfinished(record: PlanRecord): boolean {
  return record.open && runsOf(record).at(-1)?.endedAt === null;
}

const passwordSteps: StepNumber[] = [4, 10, 11];

/** Which accounts got new passwords; by the known ends of steps, else, when it succeeded, by its plan. */
function renewedBy(record: PlanRecord, endedAt: string | null): PastRotation['renewed'] {
  const { plan, past } = record;
  const planned: Record<number, (Slot | 'admin')[]> = {
    4: plan.mint,
    10: plan.renew === null ? [] : [plan.renew],
    11: plan.rotateAdmin ? ['admin'] : [],
  };
  return passwordSteps.flatMap((step) => {
    const known = past?.ends.find((end) => end.step === step)?.at;
    // What is minted before the switch counts from the flip on: without it the slot secret never names it.
    const counts = step !== 4 || hasSucceeded(record) || past?.ends.some((end) => end.step >= retireStep);
    const at = (counts === true ? known : undefined) ?? (hasSucceeded(record) ? endedAt : null);
    return at === null ? [] : (planned[step] ?? []).map((account) => ({ account, at }));
  });
}
