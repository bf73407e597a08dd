import type { Limits } from './settings';

/** Reading the world, the engine, the database, tries again when a server is away: all but the three waits, in seconds. */
const restSeconds = 600;
/** Between the end of the longest step and the process's own end, in seconds. */
const endSeconds = 60;

/**
 * The longest that a run may take by its own limits, and some more, in seconds. A run may first finish a rollback, then
 * rotate, then roll that back: three restarts, each with its proof.
 */
export function activeDeadlineSeconds({ rolloutSeconds, healthSeconds, idleSeconds }: Limits): number {
  return 3 * (rolloutSeconds + healthSeconds) + idleSeconds + restSeconds;
}

/** An orderly stop ends after the step under way, and that may be any of the three waits; in seconds. */
export function gracePeriodSeconds({ rolloutSeconds, healthSeconds, idleSeconds }: Limits): number {
  return Math.max(rolloutSeconds, healthSeconds, idleSeconds) + endSeconds;
}
