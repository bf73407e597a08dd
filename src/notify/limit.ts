import { Failure } from '../base/failure';
import { errorCode } from '../base/errors';
import { statusOf } from '../kubernetes/errors';
import { ProxyError } from '../base/proxy/tunnel';
import { withoutFullStop } from '../base/sentence';

/** Somebody could not be told; the message is why, without any secret. */
export class Untold extends Error {
  override readonly name = 'Untold';
}

/**
 * Runs an action for at most `ms` milliseconds, or until `stop`. An action that does not heed its signal is left to
 * itself. @throws Untold when the time is over, or what the action throws
 */
export async function within<T>(
  ms: number,
  stop: AbortSignal,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = (why: string): void => controller.abort(new Untold(why));
  // A timer that keeps the process alive: with nothing else to wait for it would end here, with exit code 0.
  const timer = setTimeout(() => end(`no answer within ${ms / 1000} s`), ms);
  const stopped = (): void => end('stopped by a signal');
  stop.addEventListener('abort', stopped, { once: true });
  if (stop.aborted) stopped();
  const over = new Promise<never>((_resolve, reject) => {
    const { signal } = controller;
    const give = (): void => reject(signal.reason as Untold);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([action(controller.signal), over]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
  }
}

/** Why somebody could not be told, in a few words. Of foreign errors only the code: their text may hold an address. */
export function reasonOf(error: unknown): string {
  if (error instanceof Untold) return error.message;
  if (error instanceof Failure) return withoutFullStop(error.message);
  // It names the proxy, and not the address that was to be told.
  if (error instanceof ProxyError) return error.message;
  const status = statusOf(error);
  if (status !== undefined) return `HTTP ${status}`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return errorCode(cause) || 'no answer';
}
