import { exitCodes } from '../base/failure';
import { isAhead } from '../rotation/age';
import { slots } from '../rotation/slot';
import { failedOutcomes } from '../rotation/ends';
import { renews } from '../rotation/kinds';
import type { Account, EndedRun } from './endedRun';
import { livePlace, passwordTimes } from './endedRun';
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
} as const satisfies Record<string, Metric>;

type MetricName = keyof typeof metrics;

const unixTime = (date: Date): number => date.getTime() / 1000;

/** A time that a wrong clock gave: it would hide an old password until it has come. */
function isFromFuture({ name, value }: Sample, now: Date): boolean {
  return name.endsWith('_timestamp_seconds') && isAhead(new Date(value * 1000), now);
}

const accounts: Account[] = ['A', 'B', 'admin'];

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
 * The metrics after a run, from those before it: counters go on, and what this run does not know stays.
 * @param earlier the text that a scrape gave before this run; whatever cannot be read in it is passed over
 * @param whose `own`: only the series of this run's Deployment; `all`: also those of others that stand in `earlier`
 * @param ages since when the secrets have held their passwords
 */
export function metricsText(
  run: EndedRun,
  earlier: string,
  whose: 'own' | 'all',
  ages: KnownAges = {},
): string {
  const { stack, namespace, deployment } = run;
  const common = { stack, namespace, deployment };
  const isOwn = ({ labels }: Sample): boolean =>
    Object.entries(common).every(([label, value]) => labels[label] === value);
  const before = parseSamples(metrics, earlier).filter((sample) =>
    isOwn(sample) ? !isFromFuture(sample, run.endedAt) : whose === 'all',
  );
  const found = new Map(before.map((sample) => [keyOf(sample), sample]));
  const series = (name: MetricName, own: Record<string, string> = {}): Omit<Sample, 'value'> => ({
    name,
    labels: { ...common, ...own },
  });
  const valueBefore = (sample: Omit<Sample, 'value'>): number | undefined => found.get(keyOf(sample))?.value;
  const set = (sample: Omit<Sample, 'value'>, value: number): void => {
    found.set(keyOf(sample), { ...sample, value });
  };
  const { outcome, planned } = run.ending;
  if (outcome === 'done' && planned && renews(planned.plan.kind))
    set(series('credential_rotation_last_success_timestamp_seconds'), unixTime(run.endedAt));
  set(series('credential_rotation_duration_seconds'), unixTime(run.endedAt) - unixTime(run.startedAt));
  const live = livePlace(run);
  for (const slot of slots) {
    const active = series('credential_rotation_active_slot', { slot });
    // Without a plan nothing was moved.
    const before = planned === undefined ? valueBefore(active) : undefined;
    set(active, live === undefined ? (before ?? NaN) : Number(live === slot));
  }
  for (const account of accounts) {
    const password = series('credential_rotation_password_timestamp_seconds', { account });
    const time = passwordTime(run, account, valueBefore(password), ages);
    if (time !== undefined) set(password, time);
  }
  // Each has a counter from the first run on.
  for (const failure of failedOutcomes) {
    const counter = series('credential_rotation_failures_total', { code: String(exitCodes[failure]) });
    const count = valueBefore(counter) ?? 0;
    set(counter, (count >= 0 ? count : 0) + Number(failure === outcome));
  }
  set(series('credential_rotation_last_exit_code'), exitCodes[outcome]);
  return renderSamples(metrics, [...found.values()]);
}
