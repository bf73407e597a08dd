import { STATUS_CODES } from 'node:http';
import { proxyFor, proxyText } from '../base/proxy/fromEnvironment';
import type { Meaning } from './meaning';

const phrases = (from: number, to: number): string =>
  Object.entries(STATUS_CODES)
    .flatMap(([code, phrase = '']) => (Number(code) >= from && Number(code) <= to ? [phrase] : []))
    .map((phrase) => phrase.replace(/[^\w\s-]/g, '.'))
    .join('|');
/** Go says of a tunnel that the proxy refuses only the words of its status (net/http, `dialConn`). */
const refused = new RegExp(`"https:[^"]*": (${phrases(400, 499)})\\s*$`, 'm');
const notReached = new RegExp(`"https:[^"]*": (${phrases(500, 599)})\\s*$`, 'm');

/** What the engine's proxy did; it takes the same one as this process. */
export const proxyMeanings: Meaning[] = [
  {
    says: /proxyconnect tcp/,
    code: 'proxy-unreachable',
    sentence: (state, _where, text) =>
      `${state} cannot be reached: ${proxyIn(text)} takes no connection; start it, correct its address, or name ${hostIn(text)} in NO_PROXY.`,
  },
  {
    says: /"https:[^"]*": Proxy Authentication Required/,
    code: 'proxy-refused',
    sentence: (state, _where, text) =>
      `${state} cannot be reached: ${proxyIn(text)} requires a login (HTTP 407); correct the user and password in that variable, or name ${hostIn(text)} in NO_PROXY.`,
  },
  {
    says: refused,
    code: 'proxy-refused',
    sentence: (state, _where, text) =>
      `${state} cannot be reached: ${proxyIn(text)} refuses ${hostIn(text)} (${refused.exec(text)?.[1] ?? ''}); allow it there, or name it in NO_PROXY.`,
  },
  {
    says: notReached,
    code: 'proxy-unreachable',
    sentence: (state, _where, text) =>
      `${state} cannot be reached: ${proxyIn(text)} does not reach ${hostIn(text)} (${notReached.exec(text)?.[1] ?? ''}); name it in NO_PROXY if it is in this network, or run again when the proxy reaches it.`,
  },
];

function urlIn(text: string): URL | undefined {
  const url = /"(https?:\/\/[^"\s]+)": /.exec(text)?.[1];
  return url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}

function hostIn(text: string): string {
  return urlIn(text)?.host ?? 'it';
}

function proxyIn(text: string): string {
  const url = urlIn(text);
  const proxy = url && proxyFor(url);
  return `the proxy ${proxy ? `${proxyText(proxy)} ` : ''}of HTTPS_PROXY or HTTP_PROXY`;
}
