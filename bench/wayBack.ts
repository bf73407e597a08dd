import type { Lab, Site } from '../lab';
import { otherSlot } from '../src/rotation/slot';
import { measure } from './measure';
import { cells, spreadOf } from './statistics';
import { table } from './table';

/** The load under which the way back is measured. */
const requestsPerSecond = 10;

/** What a rotation to pods that are Ready and answer 500 on the new login cost those who used OpenEMR. */
export interface WayBack {
  /** Requests that failed. */
  failed: number;
  /** From the first failed request to the last, in ms. */
  lastedMs: number;
}

/**
 * Rotates without a canary while every page of OpenEMR answers 500 on the new login, under load; the
 * limit of the health proof is the product's own, so that it is not what ends the proof.
 * @throws Error when the run is not rolled back
 */
export async function measureWayBack(lab: Lab, site: Site): Promise<WayBack> {
  const { active_slot: active } = await site.slotDocument();
  await site.pages({ refuses: [site.users[otherSlot(active === 'A' ? 'A' : 'B')]] });
  const load = site.load({ ratePerSecond: requestsPerSecond });
  const { code, stderr } = await measure(lab, site, ['--health-limit', '60']);
  const { failed, failedAt } = await load.stop();
  await site.pages({});
  if (code !== 13)
    throw new Error(`The rotation to pods that answer 500 ended with ${String(code)}: ${stderr}`);
  const [first = NaN, last = NaN] = [failedAt[0], failedAt.at(-1)].map((each) => Date.parse(each?.at ?? ''));
  return { failed, lastedMs: last - first };
}

/** What the way back cost. */
export function wayBackLines(ways: readonly WayBack[]): string[] {
  const failed = spreadOf(ways.map((way) => way.failed));
  const counts = [failed.min, failed.median, failed.max].map((count) => count.toFixed(0));
  return table([
    [
      `Ready pods that answer 500 on the new login, at ${requestsPerSecond} requests/s`,
      'min',
      'median',
      'max',
    ],
    ['requests that failed', ...counts],
    ['from the first of them to the last, in s', ...cells(ways.map(({ lastedMs }) => lastedMs))],
  ]);
}
