import { createHash } from 'node:crypto';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one text of a JSON value by RFC 8785 (JSON Canonicalization Scheme): no white space, members in the order of their
 * names' UTF-16 code units, numbers and strings as ECMAScript writes them.
 * @throws TypeError for what I-JSON does not have: a number that is not finite, half of a character, undefined
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite is not JSON');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`${typeof value} is not JSON`);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, each]) => `${quoted(name)}:${canonical(each)}`).join(',')}}`;
}

function quoted(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new TypeError('half of a character is not JSON');
  return JSON.stringify(text);
}

/** SHA-256 of a value's canonical text, in hex. */
export function digestOf(value: unknown): string {
  return sha256(canonical(value));
}

/** SHA-256 of a text in UTF-8 or of bytes, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
