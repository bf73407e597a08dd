import { effect } from '../base/effect';
import type { EndedRun } from './endedRun';
import { Untold } from './limit';
import { metricsText } from './metrics';
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
  const root = base.replace(/\/+$/, '');
  const body = metricsText(run, await pushedBefore(root, signal), 'own', ages);
  const group = commonLabels.map((label) => `/${label}/${encodeURIComponent(run[label])}`).join('');
  const answer = await effect('tell: Pushgateway', () =>
    fetchThrough(`${root}/metrics/job/${pushJob}${group}`, {
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

async function pushedBefore(root: string, signal: AbortSignal): Promise<string> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(readLimitMs)]);
    const answer = await fetchThrough(`${root}/metrics`, { redirect: 'manual', signal: limited });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
}
