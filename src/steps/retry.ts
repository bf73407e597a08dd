import { DatabaseFailure, LoginTriesUsedUp } from '../mysql/databaseErrors';
import { sleep } from '../base/errors';

/** Pauses before the second, third and fourth try, in ms; each is spread by a quarter either way. */
const pausesMs = [2000, 5000, 12_000];
/** No try begins later than this after the first, in ms: with the last try's own time, all ends after about 40 s. */
const limitMs = 30_000;

/**
 * Tries again what a failover, a full server or a lock made fail. The action must look first at what is done: a
 * reply that was lost may have taken effect. A refusal is never tried again.
 * @throws what the last try threw
 */
export async function withRetries<T>(
  action: () => Promise<T>,
  { pause = sleep, now = () => performance.now() } = {},
): Promise<T> {
  const started = now();
  let before: DatabaseFailure | undefined;
  for (let tried = 0; ; tried += 1) {
    try {
      return await action();
    } catch (error) {
      // That the login tries are used up is no reason; what made it try again is.
      if (error instanceof LoginTriesUsedUp && before) throw before;
      const pauseMs = pausesMs[tried];
      if (pauseMs === undefined || !(error instanceof DatabaseFailure) || !error.passes) throw error;
      const wait = pauseMs * (0.75 + Math.random() / 2);
      if (now() - started + wait > limitMs) throw error;
      before = error;
      await pause(wait);
    }
  }
}
