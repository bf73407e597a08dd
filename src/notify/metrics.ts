import { exitCodes } from '../base/failure';
import { isAhead } from '../rotation/age';
import { slots } from '../rotation/slot';
import type { Verdict } from '../rotation/ends';
import { failedOutcomes, isLeftMoved } from '../rotation/ends';
import { renews } from '../rotation/kinds';
import type { Account, EndedRun } from './endedRun';
import { livePlace, passwordTimes, verdictOf } from './endedRun';
import type { KnownAges } from './passwordAges';
import type { Metric, Sample } from './samples';
import { keyOf, parseSamples, renderSamples } from './samples';

/** All metrics; their names and labels are a public contract. */
export const metrics = {
  credential_rotation_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last rotation that renewed passwords was done (Unix time).',
  },
  credential_rotation_duration_seconds: {
    type: 'gauge',
    help: 'How long the last run took.',
  },
  credential_rotation_active_slot: {
    type: 'gauge',
    help: '1 for the slot that OpenEMR logs in with, 0 for the other, NaN when the last run could not tell.',
    label: 'slot',
  },
  credential_rotation_password_timestamp_seconds: {
    type: 'gauge',
    help: 'When this password was set (Unix time); its age is time() minus this.',
    label: 'account',
  },
  credential_rotation_failures_total: {
    type: 'counter',
    help: 'Runs that did not end with exit code 0, by exit code.',
    label: 'code',
  },
  credential_rotation_last_exit_code: {
    type: 'gauge',
    help: 'Exit code of the last run.',
  },
  credential_rotation_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last run ended, also one that found nothing due (Unix time).',
  },
  credential_rotation_last_verdict: {
    type: 'gauge',
    help: '1 for what the last run with a plan came to, 0 for the others.',
    label: 'verdict',
  },
  credential_rotation_last_failure: {
    type: 'gauge',
    help: '1 for the failure code of the last run; none after a success.',
    label: 'reason',
  },
  credential_rotation_runs_total: {
    type: 'counter',
    help: 'Runs by what they came to.',
    label: 'verdict',
  },
} as const satisfies Record<string, Metric>;

type MetricName = keyof typeof metrics;

const unixTime = (date: Date): number => date.getTime() / 1000;

/** A time that a wrong clock gave: it would hide an old password until it has come. */
function isFromFuture({ name, value }: Sample, now: Date): boolean {
  return name.endsWith('_timestamp_seconds') && isAhead(new Date(value * 1000), now);
}

const accounts: Account[] = ['A', 'B', 'admin'];

const verdicts: Verdict[] = ['rotated', 'rolled-back', 'held', 'failed'];

/** The samples by their names, as they are after a run. */
class Series {
  private readonly found: Map<string, Sample>;

  constructor(
    private readonly common: Record<string, string>,
    samples: readonly Sample[],
  ) {
    this.found = new Map(samples.map((sample) => [keyOf(sample), sample]));
  }

  private at(name: MetricName, own: Record<string, string>): Omit<Sample, 'value'> {
    return { name, labels: { ...this.common, ...own } };
  }

  before(name: MetricName, own: Record<string, string> = {}): number | undefined {
    return this.found.get(keyOf(this.at(name, own)))?.value;
  }

  set(name: MetricName, value: number, own: Record<string, string> = {}): void {
    const sample = this.at(name, own);
    this.found.set(keyOf(sample), { ...sample, value });
  }

  /** A counter goes on; one that is damaged begins anew. */
  add(name: MetricName, more: number, own: Record<string, string>): void {
    const count = this.before(name, own) ?? 0;
    this.set(name, (count >= 0 ? count : 0) + more, own);
  }

  /** Forgets all series of our Deployment that have this name. */
  clear(name: MetricName): void {
    for (const [key, sample] of this.found)
      if (sample.name === name && isOf(this.common, sample)) this.found.delete(key);
  }

  text(): string {
    return renderSamples(metrics, [...this.found.values()]);
  }
}

const isOf = (common: Record<string, string>, { labels }: Sample): boolean =>
  Object.entries(common).every(([label, value]) => labels[label] === value);

/** Whose metrics they are. */
export type MetricsOf = Pick<EndedRun, 'stack' | 'namespace' | 'deployment'>;

function seriesAfter(
  { stack, namespace, deployment }: MetricsOf,
  now: Date,
  earlier: string,
  whose: 'own' | 'all',
): Series {
  const common = { stack, namespace, deployment };
  const before = parseSamples(metrics, earlier).filter((sample) =>
    isOf(common, sample) ? !isFromFuture(sample, now) : whose === 'all',
  );
  return new Series(common, before);
}

/**
 * The metrics after a run that found nothing due: when it looked, and that nothing is held. Where nothing is known of
 * those before it, and whoever takes them keeps the names that are not given, a verdict stays as it is.
 */
export function metricsOfLook(
  of: MetricsOf,
  endedAt: Date,
  earlier = '',
  whose: 'own' | 'all' = 'own',
): string {
  const series = seriesAfter(of, endedAt, earlier, whose);
  series.set('credential_rotation_last_run_timestamp_seconds', unixTime(endedAt));
  // What an earlier run was refused for has passed. Its verdict stays, but for one: a rotation that is held would have
  // been due, so a run that told nobody has finished it.
  if (series.before('credential_rotation_last_verdict', { verdict: 'held' }) === 1)
    series.set('credential_rotation_last_verdict', 0, { verdict: 'held' });
  series.set('credential_rotation_last_exit_code', exitCodes.done);
  series.clear('credential_rotation_last_failure');
  series.set('credential_rotation_last_failure', 1, { reason: 'none' });
  return series.text();
}

/**
 * When a password was set, as Unix time: what this run saw itself, else the latest of what is known, since a password may
 * have been changed without us. An age that is only a least one is better than none.
 */
function passwordTime(
  run: EndedRun,
  account: Account,
  before: number | undefined,
  ages: KnownAges,
): number | undefined {
  const set = passwordTimes(run).find((each) => each.account === account);
  if (set && !set.atLeast) return unixTime(set.at);
  const age = ages[account];
  const known = [
    ...(set ? [unixTime(set.at)] : []),
    ...(before === undefined || Number.isNaN(before) ? [] : [before]),
    ...(age?.exact === true ? [unixTime(age.since)] : []),
  ];
  if (known.length > 0) return Math.max(...known);
  return age && unixTime(age.since);
}

/**
 * Whether a run says how the rotation stands. One that was refused before it had a plan must not hide that the one before
 * is held; nor one that took it up, and was stopped before it came to the switch.
 */
function saysHowItStands(run: EndedRun): boolean {
  const { outcome, planned, resumed } = run.ending;
  if (planned === undefined) return false;
  return outcome !== 'cancelled' || resumed !== true || isLeftMoved(run.ending);
}

/**
 * The metrics after a run, from those before it: counters go on, and what this run does not know stays.
 * @param earlier the text that a scrape gave before this run; whatever cannot be read in it is passed over. Undefined where
 *   nothing could be read: then what a run without a plan does not know is left out, and stays as it was
 * @param whose `own`: only the series of this run's Deployment; `all`: also those of others that stand in `earlier`
 * @param ages since when the secrets have held their passwords
 */
export function metricsText(
  run: EndedRun,
  earlier: string | undefined,
  whose: 'own' | 'all',
  ages: KnownAges = {},
): string {
  const series = seriesAfter(run, run.endedAt, earlier ?? '', whose);
  const { outcome, planned, code } = run.ending;
  const now = unixTime(run.endedAt);
  if (outcome === 'done' && planned && renews(planned.plan.kind))
    series.set('credential_rotation_last_success_timestamp_seconds', now);
  series.set('credential_rotation_duration_seconds', now - unixTime(run.startedAt));
  const live = livePlace(run);
  const knowsNothing = earlier === undefined && planned === undefined;
  for (const slot of knowsNothing ? [] : slots) {
    // Without a plan nothing was moved.
    const before =
      planned === undefined ? series.before('credential_rotation_active_slot', { slot }) : undefined;
    const value = live === undefined ? (before ?? NaN) : Number(live === slot);
    series.set('credential_rotation_active_slot', value, { slot });
  }
  for (const account of accounts) {
    const before = series.before('credential_rotation_password_timestamp_seconds', { account });
    const time = passwordTime(run, account, before, ages);
    if (time !== undefined) series.set('credential_rotation_password_timestamp_seconds', time, { account });
  }
  // Each has a counter from the first run on.
  for (const failure of failedOutcomes)
    series.add('credential_rotation_failures_total', Number(failure === outcome), {
      code: String(exitCodes[failure]),
    });
  series.set('credential_rotation_last_exit_code', exitCodes[outcome]);
  series.set('credential_rotation_last_run_timestamp_seconds', now);
  const isKnown = series.before('credential_rotation_last_verdict', { verdict: 'held' }) !== undefined;
  const came = verdictOf(run);
  for (const verdict of verdicts) {
    const isOfRun = Number(verdict === came);
    if (saysHowItStands(run) || (!isKnown && !knowsNothing))
      series.set('credential_rotation_last_verdict', isOfRun, { verdict });
    series.add('credential_rotation_runs_total', isOfRun, { verdict });
  }
  series.clear('credential_rotation_last_failure');
  const reason = outcome === 'done' ? 'none' : (code ?? 'unexpected');
  series.set('credential_rotation_last_failure', 1, { reason });
  return series.text();
}
