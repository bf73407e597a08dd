import { cloudEventOf } from './cloudEvent';
import type { EndedRun } from './endedRun';
import { post } from './post';

/** Posts the CloudEvent of a run, if it has one. @throws as {@link post} */
export async function tellWebhook(run: EndedRun, url: string, signal: AbortSignal): Promise<void> {
  const body = cloudEventOf(run);
  if (body === undefined) return;
  const contentType = 'application/cloudevents+json; charset=utf-8';
  await post({ effect: 'tell: webhook', url, contentType, body }, signal);
}
