import { setTimeout as sleep } from 'node:timers/promises';

/** What the real plugin does without `maxRetries`. */
export const DEFAULT_ATTEMPTS = 25;

const LONGEST_PAUSE_MS = 300_000;

/**
 * The pause before another attempt, in milliseconds: 30 to 60 ms, or 500 to 1000 ms when throttled, doubled with each
 * attempt, up to 300 s. As `v1CompatibleBackoff` of hashicorp/terraform-provider-aws, internal/conns.
 */
export function pauseBefore(attempt: number, throttled: boolean, random = Math.random()): number {
  const least = throttled ? 500 : 30;
  const pause = least * (1 + random) * 2 ** attempt;
  return pause <= LONGEST_PAUSE_MS ? pause : (LONGEST_PAUSE_MS / 2) * (1 + random);
}

/** A token of the SDK's retry strategies; the pause is over when it is made. */
interface Token {
  getRetryCount: () => number;
  getRetryDelay: () => number;
}

type ErrorType = 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';

/** How the real plugin tries again, as a `RetryStrategyV2` of the SDK; a cancelled update ends a pause at once, as its context does. */
export class PluginRetries {
  constructor(
    private readonly attempts: number,
    private readonly stopped: AbortSignal,
  ) {}

  async acquireInitialRetryToken(): Promise<Token> {
    return token(0);
  }

  async refreshRetryTokenForRetry(
    { getRetryCount }: Token,
    { errorType }: { errorType: ErrorType },
  ): Promise<Token> {
    const attempt = getRetryCount();
    if (errorType === 'CLIENT_ERROR' || attempt + 1 >= this.attempts) throw new Error('no more attempts');
    await sleep(pauseBefore(attempt, errorType === 'THROTTLING'), undefined, { signal: this.stopped });
    return token(attempt + 1);
  }

  recordSuccess(): void {
    // There is no bucket of tokens to fill.
  }
}

function token(count: number): Token {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}
