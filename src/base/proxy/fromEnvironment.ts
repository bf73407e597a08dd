import { decoded } from '../urlPassword';
import { BlockList, isIP } from 'node:net';

/** The variables that are looked at. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that a request goes through; undefined where it goes straight. The rules are those of the engine and its
 * plugins, so that all parts of a run take the same way (golang.org/x/net/http/httpproxy): `HTTPS_PROXY` for https,
 * `HTTP_PROXY` for http, each also in small letters; never for this machine itself; and not for what `NO_PROXY` names.
 * Node's own rules know no network in `NO_PROXY`, and no subdomain of a plain name.
 * @param target URL of the request
 */
export function proxyFor(target: URL | string, variables: ProxyVariables = process.env): URL | undefined {
  const url = new URL(target);
  const secure = url.protocol === 'https:';
  const text = valueOf(variables, secure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (text === '') return undefined;
  const host = bare(url.hostname);
  if (isThisMachine(host)) return undefined;
  const port = url.port || (secure ? '443' : '80');
  return isExempt(host, port, valueOf(variables, 'NO_PROXY')) ? undefined : urlOf(text);
}

/** A proxy's address without its login, as it may be shown. */
export function proxyText({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** The parts of the proxies' addresses that nobody may see: passwords, and logins as they go over the wire. */
export function proxySecrets(variables: ProxyVariables): string[] {
  return ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].flatMap((name) => {
    const url = urlOf(variables[name] ?? '');
    if (url === undefined || url.password === '') return [];
    return [url.password, decoded(url.password), basicLogin(url) ?? ''];
  });
}

/** What `Basic` is followed by; undefined for a proxy without a login. */
export function basicLogin({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  return Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
}

/** Go takes the one in capitals first, and one that is empty as not there. */
function valueOf(variables: ProxyVariables, name: string): string {
  return variables[name] || variables[name.toLowerCase()] || '';
}

/** Go takes an address without a scheme, too. */
function urlOf(text: string): URL | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  return host === 'localhost' || isIn(loopback, host);
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function isExempt(host: string, port: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && meets(entry, host, port));
}

/** One entry of `NO_PROXY`: `*`, a network, an address or a name, the last two also with a port. */
function meets(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const network = networkOf(entry);
  if (network) return isIn(network, host);
  const [name, wanted] = split(entry);
  if (name === '' || (wanted !== '' && wanted !== port)) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.startsWith('*.') ? name.slice(1) : name;
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function networkOf(entry: string): BlockList | undefined {
  const [, address = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list;
}

/** Host and port of an entry; an IPv6 address has a port only behind brackets. */
function split(entry: string): [name: string, port: string] {
  const [, bracketed, after = ''] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return [bracketed, after];
  const [, name = entry, port = ''] = /^([^:]*):(\d+)$/.exec(entry) ?? [];
  return [name, port];
}
