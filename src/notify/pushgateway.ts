import { effect } from '../base/effect';
import type { EndedRun } from './endedRun';
import { Untold } from './limit';
import type { MetricsOf } from './metrics';
import { metricsOfLook, metricsText } from './metrics';
import type { KnownAges } from './passwordAges';
import { commonLabels } from './samples';
import { fetchThrough } from '../base/proxy/fetch';

/** The `job` of our metrics in a Pushgateway. */
export const pushJob = 'credential_rotation';

/** How long to wait for what the Pushgateway has, in ms; the push is worth more. */
const readLimitMs = 2000;

/**
 * Pushes the metrics. A Pushgateway adds nothing up, and a push replaces every series of the names in it: so what it
 * has is read first. Where that is refused, counters begin anew. POST leaves names alone that are not pushed.
 * @throws Untold with the HTTP status, or fetch's own error
 */
export async function tellPushgateway(
  run: EndedRun,
  base: string,
  signal: AbortSignal,
  ages: KnownAges = {},
): Promise<void> {
  await push(run, base, metricsText(run, await pushedBefore(base, signal), 'own', ages), signal);
}

/** Pushes that a run found nothing due. What the Pushgateway has is read for the verdict; where it cannot be, that stays. */
export async function tellPushgatewayOfLook(
  of: MetricsOf,
  endedAt: Date,
  base: string,
  signal: AbortSignal,
): Promise<void> {
  await push(of, base, metricsOfLook(of, endedAt, await pushedBefore(base, signal)), signal);
}

const rootOf = (base: string): string => base.replace(/\/+$/, '');

async function push(of: MetricsOf, base: string, body: string, signal: AbortSignal): Promise<void> {
  const group = commonLabels.map((label) => `/${label}/${encodeURIComponent(of[label])}`).join('');
  const answer = await effect('tell: Pushgateway', () =>
    fetchThrough(`${rootOf(base)}/metrics/job/${pushJob}${group}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body,
      redirect: 'manual',
      signal,
    }),
  );
  await answer.body?.cancel();
  if (!answer.ok) throw new Untold(`HTTP ${answer.status}`);
}

/** What the Pushgateway has; undefined where it cannot be read. */
async function pushedBefore(base: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(readLimitMs)]);
    const answer = await fetchThrough(`${rootOf(base)}/metrics`, { redirect: 'manual', signal: limited });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}
