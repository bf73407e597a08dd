import type * as Undici from 'undici';
import { namingProxy } from './failure';
import { proxyFor } from './fromEnvironment';

/** A proxy's pool of connections, by its address and the kind of request. */
const pools = new Map<string, Undici.Dispatcher>();

/** `fetch` that goes through the proxy of the environment, where there is one for the URL. */
export async function fetchThrough(
  url: string,
  init: {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    redirect?: 'manual' | 'error';
    signal?: AbortSignal;
  },
): Promise<Pick<Response, 'ok' | 'status' | 'text' | 'json'> & { body: { cancel(): Promise<void> } | null }> {
  const proxy = proxyFor(url);
  if (proxy === undefined) return fetch(url, init);
  const { fetch: undiciFetch, ProxyAgent } = await import('undici');
  const key = `${new URL(url).protocol}${proxy.href}`;
  // As Go does it: a tunnel for https, the whole address to the proxy for http.
  const pool = pools.get(key) ?? new ProxyAgent({ uri: proxy.href, proxyTunnel: false });
  pools.set(key, pool);
  return undiciFetch(url, { ...init, dispatcher: pool }).catch((error: unknown) => {
    throw namingProxy(error, url);
  });
}
