import type { Outcome } from '../failure';
import { exitCodes } from '../failure';
import type { Place, PlanKind } from '../plan/rotationPlan';

/**
 * How one deployment of a fleet ended: an outcome of the command, or `not-due`, `not-started` (the fleet was stopped
 * before its turn), `killed` (its process was ended from outside, or gave no result).
 */
export type MemberOutcome = Outcome | 'not-due' | 'not-started' | 'killed';

/** What came of one deployment. Null stands for what is not known or not there. */
export interface MemberResult {
  name: string;
  outcome: MemberOutcome;
  /** Of its process; null when it was not started or was killed. */
  exitCode: number | null;
  seconds: number | null;
  kind: PlanKind | null;
  from: Place | null;
  to: Place | null;
  /** Where OpenEMR logs in now, as far as this run knows. */
  slot: Place | null;
  rotation: string | null;
  message: string;
  /** Its log file. */
  log: string | null;
}

/** How many ended how. */
export interface Counts {
  all: number;
  done: number;
  notDue: number;
  rolledBack: number;
  held: number;
  failed: number;
  notStarted: number;
}

/** Whether nothing is left to do there. */
export function isWell(outcome: MemberOutcome): boolean {
  return outcome === 'done' || outcome === 'not-due';
}

/** The counts of a report. */
export function countsOf(outcomes: readonly MemberOutcome[]): Counts {
  const count = (...wanted: MemberOutcome[]): number =>
    outcomes.filter((outcome) => wanted.includes(outcome)).length;
  const counted = {
    done: count('done'),
    notDue: count('not-due'),
    rolledBack: count('rolled-back'),
    held: count('held'),
    notStarted: count('not-started'),
  };
  const known = Object.values(counted).reduce((sum, each) => sum + each, 0);
  return { all: outcomes.length, ...counted, failed: outcomes.length - known };
}

/** The most urgent first: a held OpenEMR before a rolled-back one, then whatever is least understood. */
const urgency: readonly Outcome[] = [
  'held',
  'rolled-back',
  'unexpected',
  'before-switch',
  'permission',
  'configuration',
  'timeout',
  'drift',
  'locked',
  'cancelled',
];

/**
 * The outcome of a whole fleet: `done` only when nothing is left to do anywhere, else the most urgent one. A fleet that
 * a signal stopped is `cancelled`, unless an OpenEMR is held or was rolled back.
 */
export function fleetOutcome(outcomes: readonly MemberOutcome[], signalled = false): Outcome {
  const asOutcome = (outcome: MemberOutcome): Outcome => {
    if (outcome === 'killed') return 'unexpected';
    if (outcome === 'not-started') return 'cancelled';
    return outcome === 'not-due' ? 'done' : outcome;
  };
  const found = new Set(outcomes.map(asOutcome));
  const first = urgency.find((outcome) => found.has(outcome));
  if (signalled && first !== 'held' && first !== 'rolled-back') return 'cancelled';
  return first ?? 'done';
}

/** The outcome that a process's exit code stands for; undefined for a code that is none of ours. */
export function outcomeOfCode(code: number): Outcome | undefined {
  const found = Object.entries(exitCodes).find(([, each]) => each === code);
  return found?.[0] as Outcome | undefined;
}
