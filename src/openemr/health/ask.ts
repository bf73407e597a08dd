import { request as overHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Judgement } from './judge';
import { judgeAnswer } from './judge';
import { traced } from '../../base/trace';
import { basicLogin, proxyFor, proxyText } from '../../base/proxy/fromEnvironment';
import { proxyReason } from '../../base/proxy/failure';
import { ProxyError } from '../../base/proxy/tunnel';
import { openTls } from './tls';

/** A health page, and how its certificate is checked. */
export interface HealthPage {
  url: string;
  /** PEM file of the page's own authority. */
  caFile?: string;
  /** One server that is asked directly, whatever the URL's name leads to, and through no proxy. */
  at?: { address: string; port: number };
}

/** One answer, judged. */
export type Asked = Judgement & {
  /** Subject of a self-signed certificate that was let pass. */
  selfSigned?: string;
};

const requestLimitMs = 10_000;
const bodyLimit = 262_144;

/**
 * Asks once, on a connection of its own: behind one Service each answer may come from another pod. No redirect is followed. Never throws.
 * @param leftMs time that is left, in ms
 * @param before see `openTls`
 */
export function askOnce(page: HealthPage, leftMs: number, before: string | null | undefined): Promise<Asked> {
  return traced('health page', { 'http.request.method': 'GET' }, () => askNow(page, leftMs, before));
}

async function askNow(
  { url, caFile, at }: HealthPage,
  leftMs: number,
  before: string | null | undefined,
): Promise<Asked> {
  const signal = AbortSignal.timeout(Math.max(1, Math.min(requestLimitMs, Math.ceil(leftMs))));
  const parsed = new URL(url);
  try {
    if (parsed.protocol !== 'https:')
      return at === undefined ? await overProxy(parsed, signal) : await answerOf(parsed, signal, { at });
    const { socket, selfSigned } = await openTls(parsed, caFile, { before, signal, at });
    const judged = await answerOf(parsed, signal, { socket }).finally(() => socket.destroy());
    return selfSigned === undefined ? judged : { ...judged, selfSigned };
  } catch (error) {
    if (signal.aborted) return { kind: 'bad', wrong: 'does not answer in time', fault: 'no-answer' };
    const atProxy = proxyReason(error);
    if (atProxy !== undefined)
      return { kind: 'bad', wrong: `cannot be reached: ${atProxy}`, fault: 'no-answer' };
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    return { kind: 'bad', wrong: `cannot be reached (${code})`, fault: 'no-answer' };
  }
}

/** Plain HTTP, through the proxy where there is one for it: it gets the whole address (RFC 9112, 3.2.2). */
async function overProxy(url: URL, signal: AbortSignal): Promise<Judgement> {
  const proxy = proxyFor(url);
  if (proxy === undefined) return answerOf(url, signal);
  const judged = await answerOf(url, signal, { proxy }).catch((error: unknown) => {
    throw signal.aborted ? error : new ProxyError(proxyText(proxy), url.host, undefined, { cause: error });
  });
  if (judged.kind === 'good') return judged;
  // Who answered, the page or the proxy, cannot be told apart.
  const wrong = `${judged.wrong} through the proxy ${proxyText(proxy)} of HTTP_PROXY (names of the cluster belong in NO_PROXY)`;
  return { ...judged, wrong };
}

async function answerOf(
  url: URL,
  signal: AbortSignal,
  {
    socket,
    proxy,
    at,
  }: {
    socket?: Awaited<ReturnType<typeof openTls>>['socket'];
    proxy?: URL;
    at?: HealthPage['at'];
  } = {},
): Promise<Judgement> {
  const login = proxy && basicLogin(proxy);
  const headers = {
    accept: 'application/json, text/html;q=0.5',
    connection: 'close',
    ...(proxy || at ? { host: url.host } : {}),
    ...(login === undefined ? {} : { 'proxy-authorization': `Basic ${login}` }),
  };
  const options = { signal, headers };
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = socket
      ? // With an agent, even a new one, Node would open a connection of its own.
        overHttps(url, { ...options, createConnection: () => socket }, resolve)
      : proxy
        ? overHttp(proxy, { ...options, path: url.href, agent: false }, resolve)
        : at
          ? overHttp(url, { ...options, hostname: at.address, port: at.port, agent: false }, resolve)
          : overHttp(url, { ...options, agent: false }, resolve);
    sent.once('error', reject).end();
  });
  let body = '';
  for await (const part of reply.setEncoding('utf8')) {
    body += String(part);
    if (body.length > bodyLimit) break;
  }
  return judgeAnswer(reply.statusCode ?? 0, body);
}
