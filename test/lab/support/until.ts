import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until something holds, and looks each 50 ms unless told otherwise.
 * @throws Error with `what` when it does not hold within the limit; and what `holds` throws
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { limitMs = 15_000, everyMs = 50 }: { limitMs?: number; everyMs?: number } = {},
): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end; await wait(everyMs)) {
    if (await holds()) return;
  }
  throw new Error(`not within ${limitMs / 1000} s: ${what}`);
}

/**
 * Lets time pass where no condition can be waited for: time itself is the matter, or nothing may happen meanwhile. What is
 * to happen is waited for with {@link until}.
 * @param why what passes, or what may not happen
 */
export async function letPass(ms: number, why: string): Promise<void> {
  if (why === '') throw new Error('a test that sleeps says why');
  await wait(ms);
}
