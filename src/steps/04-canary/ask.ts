import type { V1Pod } from '@kubernetes/client-node';
import { sleep } from '../../base/errors';
import { NoAnswer } from '../../kubernetes/errors';
import type { HealthPage } from '../../openemr/health/ask';
import { askOnce } from '../../openemr/health/ask';
import type { Weighed } from '../../openemr/health/judge';
import { weigh } from '../../openemr/health/judge';
import type { HealthBefore, HealthFault } from '../../rotation/health';
import { pageOf } from '../../rotation/health';
import type { LoginSeen } from './logins';
import type { PodPage } from './page';
import { podPages } from './page';
import type { PodLook } from './podLook';
import { addressesOf, lookAtPod } from './podLook';
import type { Seen } from './verdict';

/** How a pod's page is asked and judged. */
export interface PageRules {
  healthUrl?: string | undefined;
  healthCaFile?: string | undefined;
  /** How the page was before, at the health URL. */
  before?: HealthBefore | undefined;
  answersInARow: number;
  /** How long it may take until the page is judged, from the pod's creation on; in seconds. */
  limitSeconds: number;
  /** The containers of OpenEMR itself. */
  main: readonly string[];
}

/** The pod, and who sees its logins. */
export interface Watched {
  /** The pod as it is; undefined when it is gone. */
  read(): Promise<V1Pod | undefined>;
  /** Told where logins may come from, as soon as it is known. */
  from(addresses: readonly string[]): void;
  /** Whether a login came from there. */
  login(addresses: readonly string[]): Promise<LoginSeen>;
}

/** Times of the asking, in ms. */
export interface Pace {
  pauseMs: number;
  /** How long all answers must say "broken", and how long anything else that is not good: applications start, too. */
  brokenMs: number;
  wrongMs: number;
}

/** Nobody waits for a canary's page: it is given more time than step 8 gives. */
export const usualPace: Pace = { pauseMs: 250, brokenMs: 3000, wrongMs: 10_000 };

/**
 * How many bad answers in a row decide; how many requests come at once in the end, as to a pod in use; and how many such
 * bursts decide: a page is quick, so that a single burst can be answered one after the other.
 */
const [badInARow, atOnce, burstsThatDecide] = [6, 8, 3];

/** Waits until the pod can be asked, and asks it until its page is judged. Never throws for what the pod does. */
export async function askPod(watched: Watched, rules: PageRules, pace = usualPace): Promise<Seen> {
  const ends = performance.now() + rules.limitSeconds * 1000;
  const left = (): number => ends - performance.now();
  const answers = new Answers(rules, pace);
  let look: PodLook = { kind: 'waits', why: 'it was not seen' };
  let addresses: string[] = [];
  let stuckSince: number | undefined;
  while (left() > 0) {
    const pod = await readUnless(watched);
    if (pod !== 'no-answer') {
      if (pod === undefined) return { kind: 'not-run', why: 'somebody deleted it' };
      look = lookAtPod(pod, rules.main);
      // A pod that ended has them still, or had them before.
      const found = addressesOf(pod);
      if (found.length > 0) watched.from((addresses = found));
      if (look.kind !== 'stuck') stuckSince = undefined;
      else {
        stuckSince ??= performance.now();
        if (performance.now() - stuckSince >= (look.standsMs ?? 0)) return { kind: 'not-run', why: look.why };
      }
      if (look.kind === 'crashed')
        return { kind: 'silent', why: look.why, login: await watched.login(addresses) };
      if (look.kind === 'answers') {
        await answers.ask(pod, look.addresses[0], left());
        if (answers.end !== undefined) return withLogin(answers.end, await watched.login(addresses));
      }
    }
    await sleep(pace.pauseMs);
  }
  const seconds = `within ${Math.round(rules.limitSeconds)} s (--canary-limit)`;
  if (look.kind === 'waits' || look.kind === 'stuck')
    return { kind: 'not-run', why: `it did not start ${seconds}: ${look.why}` };
  return withLogin(answers.atLimit(seconds), await watched.login(addresses));
}

async function readUnless(watched: Watched): Promise<V1Pod | undefined | 'no-answer'> {
  return watched.read().catch((error: unknown) => {
    if (error instanceof NoAnswer && error.passing) return 'no-answer';
    throw error;
  });
}

/** What was seen, before it is known who logged in. */
type Page =
  { kind: 'good' } | { kind: 'silent'; why: string } | { kind: 'bad'; wrong: string; fault: HealthFault };

function withLogin(page: Page, login: LoginSeen): Seen {
  return { ...page, login };
}

/** The answers of one pod, and what they come to. */
class Answers {
  end: Page | undefined;
  private good = 0;
  private bad = 0;
  private badSince = 0;
  private brokenBursts = 0;
  private last: Extract<Weighed, { kind: 'bad' }> | undefined;
  private place: PodPage | undefined;

  constructor(
    private readonly rules: PageRules,
    private readonly pace: Pace,
  ) {}

  /** Asks once; and when the page was good often enough, several times at once. */
  async ask(pod: V1Pod, address: string, leftMs: number): Promise<void> {
    const { answersInARow } = this.rules;
    this.take(await this.once(pod, address, leftMs));
    if (this.good < answersInARow) return;
    for (let bursts = 0; bursts < burstsThatDecide; bursts += 1) {
      const all = await Promise.all(Array.from({ length: atOnce }, () => this.once(pod, address, leftMs)));
      const wrong = all.find((each) => each.kind === 'bad');
      if (wrong !== undefined) return this.burst(wrong);
    }
    this.end = { kind: 'good' };
  }

  /** What stands when the time is over. */
  atLimit(seconds: string): Page {
    const { last } = this;
    if (last === undefined || last.fault === 'no-answer')
      return { kind: 'silent', why: `its page ${last?.wrong ?? 'gives no answer'} ${seconds}` };
    return { kind: 'bad', wrong: last.wrong, fault: last.fault };
  }

  private async once({ spec }: V1Pod, address: string, leftMs: number): Promise<Weighed> {
    const { healthUrl, healthCaFile, before, main } = this.rules;
    const pages = podPages(spec ?? { containers: [] }, address, { healthUrl, main });
    const same = healthUrl !== undefined && before?.url === pageOf(healthUrl) ? before : undefined;
    const askAt = async ({ url, port }: PodPage): Promise<Weighed> => {
      const ca = healthCaFile === undefined ? {} : { caFile: healthCaFile };
      const page: HealthPage = { url, at: { address, port }, ...ca };
      return weigh(await askOnce(page, leftMs, undefined), 'rotation', same);
    };
    // The place that has answered stays; until one has, each is asked in turn.
    const answers = await Promise.all((this.place === undefined ? pages : [this.place]).map(askAt));
    const index = answers.findIndex((each) => each.kind !== 'bad' || each.fault !== 'no-answer');
    if (index >= 0) this.place ??= pages[index];
    return answers[Math.max(index, 0)] ?? askAt(pages[0]);
  }

  private take(found: Weighed): void {
    if (found.kind !== 'bad') {
      // What was as bad before the canary says nothing of the login, and is no reason to fail.
      this.good += 1;
      this.bad = 0;
      return;
    }
    this.good = 0;
    this.last = found;
    if (found.fault === 'no-answer') {
      this.bad = 0;
      return;
    }
    if (this.bad === 0) this.badSince = performance.now();
    this.bad += 1;
    const stands = found.fault === 'broken' ? this.pace.brokenMs : this.pace.wrongMs;
    if (this.bad >= badInARow && performance.now() - this.badSince >= stands)
      this.end = { kind: 'bad', wrong: `${found.wrong} in ${this.bad} answers in a row`, fault: found.fault };
  }

  private burst(wrong: Extract<Weighed, { kind: 'bad' }>): void {
    this.good = 0;
    this.brokenBursts += 1;
    this.last = wrong;
    if (this.brokenBursts < burstsThatDecide || wrong.fault === 'no-answer') return;
    this.end = {
      kind: 'bad',
      wrong: `is good alone, but ${wrong.wrong} when ${atOnce} requests come at once`,
      fault: wrong.fault,
    };
  }
}
