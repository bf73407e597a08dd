import { openNames } from '../inputs/rules';

/** Names of variables and keys whose values are secrets. */
const secretNames =
  /PASSPHRASE$|PASSWORD|TOKEN$|SECRET_ACCESS_KEY|ACCESS_KEY_ID|WEBHOOK_URL|ROUTING_KEY|CREDENTIALS?$|PRIVATE_KEY/i;

/** Texts that are secrets whatever they are called: access keys, private keys, logins in URLs. */
const secretTexts = [
  /\bA(KIA|SIA)[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /:\/\/[^/\s:@]+:[^/\s@]+@/,
];

/** Whether a name is one of those that hold secrets. */
export function namesSecret(name: string): boolean {
  return secretNames.test(name) && !openNames.includes(name);
}

/** Whether a text with this name stands there as a plain secret. */
export function isPlainSecret(name: string, text: unknown): boolean {
  if (typeof text !== 'string' || text === '') return false;
  return namesSecret(name) || secretTexts.some((pattern) => pattern.test(text));
}

/**
 * Problems of several things. What a preview does not know yet ends a rule by an error of Pulumi's; so that error comes
 * when everything else has been said.
 */
export function* knownFirst<T>(things: readonly T[], problemsOf: (thing: T) => string[]): Generator<string> {
  const errors: unknown[] = [];
  for (const thing of things) {
    try {
      yield* problemsOf(thing);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** A value as a group of others; empty for anything else. */
export function groupOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A value as a list; one value counts as a list of it, as in policy documents. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
