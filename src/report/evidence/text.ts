import { durationText } from '../duration';
import type { Predicate } from '../../evidence/form';
import { ageLine } from './words';

/** A file that was written with evidence, and is beside it or not. */
export interface Beside {
  name: string;
  state: 'same' | 'missing';
}

/** What is said of evidence that was made. */
export function madeLines(predicate: Predicate, [file = '', ...beside]: readonly string[]): string[] {
  return [
    `✓ ${file}: ${rangeText(predicate)}, signed. For people: ${beside.join(', ')}.`,
    ...aboutLines(predicate),
  ];
}

/** What is said of evidence that was verified. */
export function verifiedLines(
  predicate: Predicate,
  {
    file,
    keyId,
    after,
    besides,
  }: { file: string; keyId: string; after: string | undefined; besides: Beside[] },
): string[] {
  const { made, chain } = predicate;
  return [
    `✓ ${file} is as it was signed with the key ${keyId}: ${rangeText(predicate)}.`,
    `  Made at ${made.at} by ${made.by} with version ${made.version}; head of the chain ${chain.head ?? 'none'}.`,
    ...besides.map(({ name, state }) =>
      state === 'same' ? `✓ ${name} is as it was written with it.` : `– ${name} is not beside it.`,
    ),
    ...(after === undefined
      ? []
      : [`✓ It goes on where ${after} ended: nothing of that was changed or removed.`]),
    ...aboutLines(predicate),
  ];
}

function rangeText({ stack, chain, entries }: Predicate): string {
  const which = entries.length === 0 ? 'none' : `${chain.before + 1} to ${chain.length}`;
  return `rotations ${which} of ${chain.length} of stack ${stack}`;
}

function aboutLines({ accounts, findings, maxAgeSeconds }: Predicate): string[] {
  const limit = maxAgeSeconds === null ? '' : ` (allowed: ${durationText(maxAgeSeconds)})`;
  return [
    `  Age of each password${limit}:`,
    ...accounts.map((age) => `  ${age.tooOld === true ? '✗' : ' '} ${ageLine(age)}`),
    ...findings.map(({ text }) => `! ${text}`),
  ];
}
