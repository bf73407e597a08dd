import { adminLockWaitMs } from '../../src/rotation/adminLockWait';
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

/** So many times each limit, and some seconds more. */
export interface LimitSum extends Partial<Record<keyof Limits, number>> {
  seconds: number;
}

/**
 * The longest that a run may take by its own limits, and some more. A run may first finish a rollback, then
 * rotate, then roll that back: three restarts, each with its proof. The old slot may be waited
 * for twice, where its logins are not counted, and the admin once. A canary may be compared with a second pod.
 */
export const longestRun: LimitSum = {
  rolloutSeconds: 3,
  healthSeconds: 3,
  idleSeconds: 3,
  canarySeconds: 2,
  seconds: oldLoginSeconds + restSeconds,
};

/**
 * An orderly stop ends after the step under way, and that may be the longest of these. Step 11 waits three times in a row:
 * for another run's lock on the admin secret, until the old login cannot be read, and until nobody logs in with it.
 */
export const waitsOfStop: readonly LimitSum[] = [
  { rolloutSeconds: 1, seconds: endSeconds },
  { healthSeconds: 1, seconds: endSeconds },
  { idleSeconds: 1, seconds: adminLockWaitMs / 1000 + oldLoginSeconds + endSeconds },
  { canarySeconds: 2, seconds: endSeconds },
];

function sumOf({ seconds, ...times }: LimitSum, limits: Limits): number {
  const names = Object.keys(times) as (keyof Limits)[];
  return names.reduce((sum, name) => sum + (times[name] ?? 0) * (limits[name] ?? 0), seconds);
}

/** The limit of a pod that rotates, in seconds. */
export function activeDeadlineSeconds(limits: Limits): number {
  return sumOf(longestRun, limits);
}

/** How long a pod may take to stop in order, in seconds. */
export function gracePeriodSeconds(limits: Limits): number {
  return Math.max(...waitsOfStop.map((wait) => sumOf(wait, limits)));
}
