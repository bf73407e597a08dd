import { Failure } from '../failure';
import { proxyFor, proxyText } from './fromEnvironment';
import { ProxyError } from './tunnel';

/** What a proxy did to a request. */
interface Refusal {
  proxy: string;
  target: string;
  /** Its answer; undefined where it took no connection. */
  status: number | undefined;
  /** Of the connection to it. */
  code: string | undefined;
}

/** What a connection to nobody says. */
const noConnection =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_\w+)$/;

/**
 * The failure of a request that its proxy did not carry out, with the proxy's name; undefined when it is not the
 * proxy's.
 * @param what as it begins a sentence, with what was asked
 * @param target URL of the request, for clients whose errors do not name the proxy
 */
export function proxyFailure(what: string, error: unknown, target?: string): Failure | undefined {
  const refusal = refusalIn(error, target);
  if (refusal === undefined) return undefined;
  const { code, sentence } = meaningOf(refusal);
  return new Failure(code, `${what} cannot be reached: ${sentence}.`, { cause: error });
}

/** The error of a client that does not name the proxy, as one that does; as it is when it is not the proxy's. */
export function namingProxy(error: unknown, target: string): unknown {
  const refusal = refusalIn(error, target);
  return refusal === undefined
    ? error
    : new ProxyError(refusal.proxy, refusal.target, refusal.status, { cause: error });
}

/** What the proxy did, as a part of a sentence; undefined when it is not the proxy's. */
export function proxyReason(error: unknown): string | undefined {
  const refusal = refusalIn(error, undefined);
  return refusal && meaningOf(refusal).sentence;
}

function refusalIn(error: unknown, target: string | undefined): Refusal | undefined {
  const proxy = target === undefined ? undefined : proxyFor(target);
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (at instanceof ProxyError)
      return { proxy: at.proxy, target: at.target, status: at.status, code: at.code };
    if (proxy === undefined || target === undefined) continue;
    const known = { proxy: proxyText(proxy), target: new URL(target).host };
    // undici's own words (lib/dispatcher/proxy-agent.js); it has no code for it.
    const status = /Proxy response \((\d+)\)/.exec(at.message)?.[1];
    if (status !== undefined) return { ...known, status: Number(status), code: undefined };
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    // Through a proxy nothing else is connected to.
    if (noConnection.test(code)) return { ...known, status: undefined, code };
  }
  return undefined;
}

function meaningOf({ proxy, target, status, code }: Refusal): Pick<Failure, 'code'> & { sentence: string } {
  const names = `the proxy ${proxy} of HTTPS_PROXY or HTTP_PROXY`;
  if (status === undefined)
    return {
      code: 'proxy-unreachable',
      sentence: `${names} takes no connection (${code === undefined || code === 'ABORT_ERR' ? 'no answer in time' : code}); start it, correct its address, or name ${target} in NO_PROXY`,
    };
  if (status === 407)
    return {
      code: 'proxy-refused',
      sentence: `${names} requires a login (HTTP 407); correct the user and password in that variable, or name ${target} in NO_PROXY`,
    };
  if (status >= 400 && status < 500)
    return {
      code: 'proxy-refused',
      sentence: `${names} refuses ${target} (HTTP ${status}); allow it there, or name it in NO_PROXY`,
    };
  return {
    code: 'proxy-unreachable',
    sentence: `${names} does not reach ${target} (HTTP ${status}); name it in NO_PROXY if it is in this network, or run again when the proxy reaches it`,
  };
}
