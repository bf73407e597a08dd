import type { Outcome } from '../base/failure';
import type { Place } from '../rotation/rotationPlan';
import type { MemberOutcome } from '../rotation/ends';
import { mostUrgent, outcomeOfMember } from '../rotation/ends';
import type { PlanKind } from '../rotation/kinds';

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
  return outcomeOfMember(outcome) === 'done';
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

/**
 * The outcome of a whole fleet: `done` only when nothing is left to do anywhere, else the most urgent one. A fleet that
 * a signal stopped is `cancelled`, unless an OpenEMR is held or was rolled back.
 */
export function fleetOutcome(outcomes: readonly MemberOutcome[], signalled = false): Outcome {
  const first = mostUrgent(outcomes.map(outcomeOfMember));
  if (signalled && first !== 'held' && first !== 'rolled-back') return 'cancelled';
  return first ?? 'done';
}
