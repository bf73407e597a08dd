import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { basicLogin, proxyText } from './fromEnvironment';

/** The proxy, and not what was asked through it, is why there is no connection. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** Of the connection to the proxy: a client takes it as its own, and tries again where it would. */
  readonly code?: string;

  /**
   * @param proxy without its login
   * @param target as in `host:443`
   * @param status the proxy's answer; undefined where there was none
   */
  constructor(
    readonly proxy: string,
    readonly target: string,
    readonly status: number | undefined,
    options?: { cause?: unknown },
  ) {
    super(
      `the proxy ${proxy} ${status === undefined ? 'gives no connection' : `answered HTTP ${status}`}`,
      options,
    );
    if (status === undefined) this.code = codeIn(options?.cause);
  }
}

/** Of a chain of errors, the first code that says something. */
function codeIn(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}

/**
 * Opens a connection through a proxy (CONNECT; RFC 9110, 9.3.6).
 * @param target as in `host:443`
 * @throws ProxyError when the proxy takes no connection, or refuses this one
 */
export async function openTunnel(proxy: URL, target: string, signal?: AbortSignal): Promise<Duplex> {
  const login = basicLogin(proxy);
  const headers = {
    host: target,
    ...(login === undefined ? {} : { 'proxy-authorization': `Basic ${login}` }),
  };
  const send = proxy.protocol === 'https:' ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    const fail = (status?: number, cause?: unknown): void =>
      reject(new ProxyError(proxyText(proxy), target, status, { cause }));
    const asked = send({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      headers,
      agent: false,
      ...(signal ? { signal } : {}),
    });
    asked.once('connect', ({ statusCode = 0 }, socket: Duplex) => {
      if (statusCode >= 200 && statusCode <= 299) return resolve(socket);
      socket.destroy();
      fail(statusCode);
    });
    // A proxy that does not know CONNECT answers as to any other request.
    asked.once('response', (answer) => {
      answer.resume();
      fail(answer.statusCode ?? 0);
    });
    asked.once('error', (error) => fail(undefined, error));
    asked.end();
  });
}
