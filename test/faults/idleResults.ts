import { wrongPass } from './idleProof';
import type { Entry } from './ledger';

/** What the tries of the idle proof came to, for each server; nothing where there was none. */
export function idleTable(entries: readonly Entry[]): string[] {
  const tries = entries.filter(({ part }) => part === 'idle');
  if (tries.length === 0) return [];
  const rows = [...new Set(tries.map(({ database = '?' }) => database))].map((database) => {
    const ours = tries.filter((entry) => (entry.database ?? '?') === database);
    const count = (text: string): number => ours.filter((entry) => entry.text.startsWith(text)).length;
    const logins = ours.reduce((sum, entry) => sum + entry.logins, 0);
    const failed = ours.filter(({ healthy }) => !healthy).length;
    return `| ${[database, ours.length, count('exit passed'), count('exit held'), logins, count(wrongPass), failed - count(wrongPass)].join(' | ')} |`;
  });
  return [
    'The idle proof, where logins are counted, against clients of 0.2 to 16 logins/s:',
    '',
    '| server | tries | passed | held | logins | wrong passes | other failures |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
}
