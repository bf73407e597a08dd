import { scrubber } from './scrubber';

/** Registers every password in a value with the scrubber of this process. */
export function keepPasswordsIn(value: unknown): void {
  passwordsIn(value).forEach((password) => scrubber.register(password));
}

/** Registers what a secret's text holds; one that is no JSON object is a secret as a whole. */
export function keepSecretText(text: string): void {
  if (/^\s*\{/.test(text)) keepPasswordsIn(text);
  else scrubber.register(text);
}

/** Every password in a value: the texts under a key that says so, at any depth, also inside JSON that is a text. */
export function passwordsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return /pass/i.test(key) ? [value] : passwordsInJson(value);
  if (Array.isArray(value)) return value.flatMap((each) => passwordsIn(each, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => passwordsIn(each, name));
}

function passwordsInJson(text: string): string[] {
  if (!/^\s*\{/.test(text)) return [];
  try {
    return passwordsIn(JSON.parse(text));
  } catch {
    return [];
  }
}
