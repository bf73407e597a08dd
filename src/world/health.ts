import { Failure } from '../failure';
import { sleep } from './errors';

/** How the application's health page is judged. */
export interface HealthCheck {
  url: string;
  /** Good answers in a row that prove health. */
  answersInARow: number;
  /** Limit in ms for the whole proof. */
  limitMs: number;
}

const goodStatuses = new Set(['ready', 'ok', 'healthy', 'up', 'pass']);
const requestLimitMs = 10_000;
const pauseMs = 200;

/**
 * Judges one answer of OpenEMR's readyz page by status and body; returns what is wrong, or undefined.
 * A login page with status 200 is not healthy.
 */
export function judgeAnswer(status: number, body: string): string | undefined {
  if (status !== 200) return `answers with HTTP ${status}`;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'answers 200 but not with JSON (a login page is not a health page)';
  }
  if (typeof json !== 'object' || json === null) return 'answers 200 with JSON that is no object';
  const said = 'status' in json && typeof json.status === 'string' ? json.status.toLowerCase() : '';
  if (!goodStatuses.has(said)) return `says status "${said.slice(0, 20)}"`;
  const checks =
    'checks' in json && typeof json.checks === 'object' && json.checks !== null ? json.checks : {};
  const failed = Object.entries(checks)
    .filter(([, value]) => value === false)
    .map(([name]) => name);
  return failed.length > 0 ? `says that these checks fail: ${failed.join(', ').slice(0, 80)}` : undefined;
}

/**
 * Asks until the page was good so many times in a row.
 * @throws Failure `before-switch` naming the last thing that was wrong, when the limit passes.
 */
export async function proveHealth(check: HealthCheck): Promise<void> {
  const started = performance.now();
  let inARow = 0;
  let wrong = 'gives no answer';
  while (performance.now() - started < check.limitMs) {
    const found = await askOnce(check.url, check.limitMs - (performance.now() - started));
    if (found === undefined) {
      inARow += 1;
      if (inARow >= check.answersInARow) return;
    } else {
      inARow = 0;
      wrong = found;
    }
    await sleep(pauseMs);
  }
  throw new Failure(
    'before-switch',
    `The health page ${new URL(check.url).origin}${new URL(check.url).pathname} ${wrong}; it was not good ${check.answersInARow} times in a row within ${Math.round(check.limitMs / 1000)} s. Look at the log of the new pods, and whether OPENEMR_HEALTHCHECK_URL is right from here.`,
  );
}

async function askOnce(url: string, leftMs: number): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, Math.min(requestLimitMs, Math.ceil(leftMs)))),
      headers: { accept: 'application/json' },
    });
    const body = (await answer.text()).slice(0, 65_536);
    return judgeAnswer(answer.status, body);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return 'does not answer in time';
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code =
      typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'no answer';
    return `cannot be reached (${code})`;
  }
}
