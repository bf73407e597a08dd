import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until something holds, and looks each 50 ms.
 * @throws Error with `what` when it does not hold within 15 s
 */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 15_000; performance.now() < end; await wait(50)) {
    if (await holds()) return;
  }
  throw new Error(`not within 15 s: ${what}`);
}
