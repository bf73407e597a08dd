import { scrubber } from '../secrecy/scrubber';
import { effect } from '../base/effect';
import { sleep } from '../base/errors';
import { cloudEventOf } from './cloudEvent';
import type { EndedRun } from './endedRun';
import { Untold } from './limit';
import { fetchThrough } from '../base/proxy/fetch';

const pauseMs = 250;

/**
 * Posts the CloudEvent of a run, if it has one; tries once more after a server's error or without an answer. No error
 * names the URL. @throws Untold with the HTTP status, or fetch's own error
 */
export async function tellWebhook(run: EndedRun, url: string, signal: AbortSignal): Promise<void> {
  const event = cloudEventOf(run);
  if (event === undefined) return;
  const body = scrubber.toJson(event);
  const post = async (): Promise<number> => {
    const answer = await fetchThrough(url, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
      body,
      redirect: 'manual',
      signal,
    });
    await answer.body?.cancel();
    return answer.status;
  };
  await effect('tell: webhook', async () => {
    let status = await post().catch(() => 500);
    if (status >= 500) {
      await sleep(pauseMs);
      status = await post();
    }
    if (status < 200 || status > 299) throw new Untold(`HTTP ${status}`);
  });
}
