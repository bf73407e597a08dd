import { Failure } from '../../base/failure';
import type { HealthBefore } from '../../rotation/health';
import { pageOf } from '../../rotation/health';
import { sleep } from '../../base/errors';
import type { Asked, HealthPage } from './ask';
import { askOnce } from './ask';
import type { ProofKind, Weighed } from './judge';
import { weigh } from './judge';
import { atOnce, Streak } from './streak';

/** How the application's health page is judged after a switch. */
export interface HealthCheck extends HealthPage {
  /** Good answers in a row that prove health. */
  answersInARow: number;
  /** Limit in ms for the whole proof. */
  limitMs: number;
  kind: ProofKind;
  /** How the page was before the switch, where that is known. */
  before?: HealthBefore;
  /** How many pods answer under that address. */
  replicas: number;
  /** Whether the database is away at this moment: while it is, "broken" may pass. */
  databaseIsAway: () => Promise<boolean>;
  /** Told of each answer, as it was judged. */
  judged?: (found: Weighed) => void;
}

const pauseMs = 150;
/** How long a rollback waits for a page that it goes on without. */
const asBeforeMs = 15_000;

/**
 * Asks until the page was good so many times in a row. Answers that all say "broken" end it in seconds: each second is
 * one of failed requests. Answers that differ, or none, have the whole limit.
 * @returns what an operator should know, without a full stop; undefined when all is well
 * @throws Failure `before-switch` naming the last thing that was wrong
 */
export async function proveHealth(check: HealthCheck): Promise<string | undefined> {
  const started = performance.now();
  const before = check.before?.url === pageOf(check.url) ? check.before : undefined;
  const known = before === undefined ? undefined : (before.selfSigned ?? null);
  const streak = new Streak(check.kind, check.replicas);
  while (performance.now() - started < check.limitMs) {
    const left = check.limitMs - (performance.now() - started);
    const asked = await Promise.all(
      Array.from({ length: streak.broken > 0 ? atOnce(check.replicas) : 1 }, () =>
        askOnce(check, left, before?.fault === undefined ? known : undefined),
      ),
    );
    const now = performance.now();
    for (const found of asked.map((each: Asked) => weigh(each, check.kind, before))) {
      check.judged?.(found);
      streak.take(found, now);
    }
    if (streak.good >= check.answersInARow)
      return streak.warning && `the health page ${pageOf(check.url)} ${streak.warning}`;
    if (
      streak.asBefore >= check.answersInARow &&
      (before !== undefined || performance.now() - started > asBeforeMs)
    )
      return `the health page ${pageOf(check.url)} ${streak.warning ?? ''}; it proves nothing, and did not before`;
    if (streak.provesBroken(now) && !(await check.databaseIsAway()))
      throw failure(check, `${streak.wrong} in ${streak.broken} answers in a row`);
    await sleep(pauseMs);
  }
  if (streak.asBefore > 0)
    return `the health page ${pageOf(check.url)} ${streak.warning ?? ''}; it proves nothing`;
  throw failure(
    check,
    `${streak.wrong}; it was not good ${check.answersInARow} times in a row within ${Math.round(check.limitMs / 1000)} s`,
  );
}

function failure({ url }: HealthCheck, wrong: string): Failure {
  return new Failure(
    'health-page-bad',
    `The health page ${pageOf(url)} ${wrong}. Check the log of the new pods, and that OPENEMR_HEALTHCHECK_URL is right from here.`,
  );
}
