import { endedSince, isAhead } from '../rotation/age';
import type { RotationReport } from '../inspect/status/report';
import type { Standing } from '../rotation/ends';
import { moves, renews } from '../rotation/kinds';

/** How many came to what. */
export interface Standings {
  all: number;
  rotated: number;
  rolledBack: number;
  unfinished: number;
  notDue: number;
  notRotated: number;
}

/**
 * Judges a deployment's last rotation. One that is dated in the future proves nothing.
 * @param ageMs what was younger than this when the run began was not due; 0 where there is no such age
 */
export function standingOf(
  last: RotationReport | null,
  since: Date,
  ageMs: number,
  now = new Date(),
): Standing {
  if (last?.end === 'unfinished' && moves(last.kind)) return 'unfinished';
  if (last === null || last.end === 'given-up') return 'not-rotated';
  const begun = Date.parse(last.startedAt);
  if (isAhead(new Date(begun), now)) return 'not-rotated';
  if (last.end === 'rolled-back' && begun >= since.getTime()) return 'rolled-back';
  if (!renews(last.kind)) return 'not-rotated';
  // One that was held before and finished since has a new password in use, too.
  const isDone = last.end === 'done' && endedSince(last.endedAt, since, now);
  if (begun >= since.getTime() || isDone) return 'rotated';
  return since.getTime() - begun < ageMs ? 'not-due' : 'not-rotated';
}

/** Counts every one once; one whose state could not be read is not rotated, as far as anybody knows. */
export function countStandings(standings: readonly (Standing | null)[]): Standings {
  const count = (wanted: Standing): number => standings.filter((each) => each === wanted).length;
  const counted = {
    rotated: count('rotated'),
    rolledBack: count('rolled-back'),
    unfinished: count('unfinished'),
    notDue: count('not-due'),
  };
  const known = Object.values(counted).reduce((sum, each) => sum + each, 0);
  return { all: standings.length, ...counted, notRotated: standings.length - known };
}
