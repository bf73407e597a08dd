import type { LoadCount } from '../../history/pastRotation';
import { timeText } from '../duration';
import type { Markup } from './markup';
import { markup } from './markup';

/** The requests that failed while one run was at work. */
export interface ChartLoad {
  /** What the row says of the requests. */
  heading: string;
  failed: number;
  failures: LoadCount['failures'];
}

/**
 * Deals the failed requests out to the charts of a rotation, by time: each belongs to the last run that had begun
 * before, the first ones to the first run, so that none is lost. Failures without a time stay with the first.
 * @param begins ISO times at which the runs began, the way back included, in order
 */
export function loadOfCharts(load: LoadCount | null, begins: readonly string[]): (ChartLoad | undefined)[] {
  if (!load) return begins.map(() => undefined);
  const { requests, failed, failures } = load;
  const untimed = Math.max(0, failed - failures.length);
  return begins.map((begin, index): ChartLoad => {
    const next = begins[index + 1];
    const own = failures.filter(
      ({ at }) => (index === 0 || at >= begin) && (next === undefined || at < next),
    );
    const heading = index === 0 ? `${requests} requests to OpenEMR` : 'requests to OpenEMR';
    return { heading, failed: own.length + (index === 0 ? untimed : 0), failures: own };
  });
}

/** The failed requests in words, for a run that has no chart; undefined when there were none. */
export function loadText(load: ChartLoad | undefined): Markup | undefined {
  if (!load || load.failed === 0) return undefined;
  const times = load.failures.map(({ at, kind }) => `${timeText(at)} ${kind}`);
  const untimed = load.failed - times.length;
  const texts = [...times, ...(untimed > 0 ? [`${untimed} at an unknown time`] : [])];
  return markup`<p class="why">Requests that failed: ${texts.join('; ')}.</p>`;
}
