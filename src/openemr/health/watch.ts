import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../base/failure';
import { pageOf } from '../../rotation/health';
import type { Asked, HealthPage } from './ask';
import { askOnce } from './ask';
import type { HealthCheck } from './prove';
import { atOnce, brokenMs, Streak } from './streak';

/** What a watch over the health page needs. */
export interface PageWatched extends HealthPage, Pick<HealthCheck, 'databaseIsAway' | 'replicas'> {
  /** Subject of the page's self-signed certificate before the switch; null when it had none. */
  selfSigned: string | null;
}

/** Pauses between two answers, in ms: a rollout may take long, and a page that may be broken is asked again at once. */
const [calmMs, alarmedMs] = [1000, 150];
const answerLimitMs = 10_000;

/**
 * Watches the health page while a rollout is waited for: `sqlconf.php` is read at each request, so that all pods are on
 * the new login long before the rollout is complete. Only a page that says "broken" counts; what gives no answer, or
 * another page, may be the rollout itself.
 */
export class PageWatch {
  private found: Failure | undefined;
  private readonly stopping = new AbortController();
  private readonly streak: Streak;
  private readonly watching: Promise<void>;

  /** @param ask one answer; and `now` a clock in ms: for tests */
  constructor(
    private readonly page: PageWatched,
    private readonly ask: (page: PageWatched) => Promise<Asked> = (each) =>
      askOnce(each, answerLimitMs, each.selfSigned),
    private readonly now: () => number = () => performance.now(),
    private readonly pause: (ms: number, signal: AbortSignal) => Promise<void> = (ms, signal) =>
      sleep(ms, undefined, { signal }),
  ) {
    // While it rolls out, old pods stand beside new ones.
    this.streak = new Streak('rotation', 2 * page.replicas, brokenMs.rollout);
    this.watching = this.watch();
  }

  /** Why the rollout need not be waited for any more; undefined while nothing is wrong. */
  get failure(): Failure | undefined {
    return this.found;
  }

  /** Asks no more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && this.found === undefined) {
      await this.look();
      await this.pause(this.streak.broken > 0 ? alarmedMs : calmMs, signal).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { page, streak } = this;
    const count = streak.broken > 0 ? atOnce(2 * page.replicas) : 1;
    const asked = await Promise.all(Array.from({ length: count }, () => this.ask(page)));
    const now = this.now();
    for (const each of asked) {
      const broken = each.kind === 'bad' && each.fault === 'broken';
      streak.take(broken ? each : { kind: 'good' }, now);
    }
    if (!streak.provesBroken(now) || (await page.databaseIsAway())) return;
    this.found = new Failure(
      'health-page-bad',
      `The health page ${pageOf(page.url)} ${streak.wrong} in ${streak.broken} answers in a row since sqlconf.php names the new login, so the rollout was not waited for. Check the log of the pods.`,
    );
  }
}
