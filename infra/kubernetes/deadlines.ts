import type { Limits } from './settings';

/**
 * The usual limit of the restart of OpenEMR's pods, in seconds: ten pods, one after the other (maxSurge 1), of 300 s of
 * start-up each, and some more. A restart that stands still ends earlier, by the Deployment's progressDeadlineSeconds.
 */
export const usualRolloutSeconds = 3600;

/** Reading the world, the engine, the database, tries again when a server is away: all but the waits, in seconds. */
const restSeconds = 600;
/** Between the end of the longest step and the process's own end, in seconds. */
const endSeconds = 60;
/** How long the old login can be read after the switch, by default; the idle proof waits for its end first, in seconds. */
const oldLoginSeconds = 60;

/**
 * The longest that a run may take by its own limits, and some more, in seconds. A run may first finish a rollback, then
 * rotate, then roll that back: three restarts, each with its proof. The old slot may be waited
 * for twice, where its logins are not counted, and the admin once. A canary may be compared with a second pod.
 */
export function activeDeadlineSeconds({
  rolloutSeconds,
  healthSeconds,
  idleSeconds,
  canarySeconds = 0,
}: Limits): number {
  const waits = 3 * (rolloutSeconds + healthSeconds) + 3 * idleSeconds + 2 * canarySeconds;
  return waits + oldLoginSeconds + restSeconds;
}

/** An orderly stop ends after the step under way, and that may be any of the waits; in seconds. */
export function gracePeriodSeconds({
  rolloutSeconds,
  healthSeconds,
  idleSeconds,
  canarySeconds = 0,
}: Limits): number {
  const longest = Math.max(rolloutSeconds, healthSeconds, idleSeconds + oldLoginSeconds, 2 * canarySeconds);
  return longest + endSeconds;
}
