import { effect } from '../base/effect';
import { sleep } from '../base/errors';
import { fetchThrough } from '../base/proxy/fetch';
import { scrubber } from '../secrecy/scrubber';
import { Untold } from './limit';

const pauseMs = 250;

/** A JSON text on its way to somebody. */
export interface Letter {
  /** The name of the effect, as in `tell: Slack`. */
  effect: string;
  /** A secret, where it is all that a caller needs. */
  url: string;
  /** JSON, where it is not given. */
  contentType?: string;
  body: unknown;
  /** A value of the body that is meant for the receiver alone; all other secrets are masked. */
  key?: { name: string; value: string };
}

/**
 * Posts a letter; tries once more after a server's error, after "too many requests", or without an answer. No error names
 * the URL. @throws Untold with the HTTP status, or fetch's own error
 */
export async function post(letter: Letter, signal: AbortSignal): Promise<void> {
  const body = textOf(letter);
  const send = async (): Promise<number> => {
    const answer = await fetchThrough(letter.url, {
      method: 'POST',
      headers: { 'content-type': letter.contentType ?? 'application/json; charset=utf-8' },
      body,
      redirect: 'manual',
      signal,
    });
    await answer.body?.cancel();
    return answer.status;
  };
  await effect(letter.effect, async () => {
    let status = await send().catch(() => 500);
    if (status >= 500 || status === 429) {
      await sleep(pauseMs);
      status = await send();
    }
    if (status < 200 || status > 299) throw new Untold(`HTTP ${status}`);
  });
}

/** The scrubber knows the receiver's own key, too: it is put in afterwards. */
function textOf({ body, key }: Letter): string {
  const text = scrubber.toJson(body);
  if (key === undefined) return text;
  return `{${JSON.stringify(key.name)}:${JSON.stringify(key.value)},${text.slice(1)}`;
}
