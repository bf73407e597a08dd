import { randomInt } from 'node:crypto';
import { scrubber } from './scrubber';

/**
 * Characters that need no escape in PHP, SQL, a shell, a URL, JSON or YAML, and that RDS and OpenEMR's
 * installer accept.
 */
export const passwordSpecials = '-_.';

/** Length of every password that the product makes. */
export const passwordLength = 32;

const groups = [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
  passwordSpecials,
] as const;

/** A new password with at least one character of each kind that the usual password policies ask for; the scrubber knows it. */
export function newPassword(): string {
  const all = groups.join('');
  for (;;) {
    const password = Array.from({ length: passwordLength }, () => all.charAt(randomInt(all.length))).join('');
    if (!groups.every((group) => [...password].some((char) => group.includes(char)))) continue;
    scrubber.register(password);
    return password;
  }
}
