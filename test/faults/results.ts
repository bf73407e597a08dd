import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packageRoot } from '../../lab/package';
import { idleTable } from './idleResults';
import type { Entry } from './ledger';
import { tableOf } from './ledger';

const folder = (): string => path.join(packageRoot(), 'test', 'faults');
/** The ledger of the last sweep, in the repository. */
const packedFile = (): string => path.join(folder(), 'ledger.jsonl.gz');
const resultsFile = (): string => path.join(folder(), 'RESULTS.md');

/** What stands before and after the tables in RESULTS.md. */
const [begin, end] = ['<!-- begin: npm run faults -- --write-results -->', '<!-- end -->'];

/** The entries that the repository keeps. */
export function packedEntries(): Entry[] {
  const lines = gunzipSync(readFileSync(packedFile())).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}

/** The part of RESULTS.md that follows from a ledger: with what it was run, and the tables. */
export function resultsOf(entries: readonly Entry[]): string {
  const worlds = new Map<string, number>();
  for (const { database = '?', plugins = '?', commit = '?' } of entries) {
    const world = `${database}; ${plugins}; commit ${commit}`;
    worlds.set(world, (worlds.get(world) ?? 0) + 1);
  }
  const kept = new Map<string, number>();
  for (const { kept: counts = {} } of entries)
    for (const [kind, logins] of Object.entries(counts)) kept.set(kind, (kept.get(kind) ?? 0) + logins);
  const list = (counts: Map<string, number>, unit: string): string[] =>
    [...counts].map(([name, count]) => `- ${name}: ${count} ${unit}`);
  return [
    ...list(worlds, 'cases'),
    '',
    'Logins of those who keep one, in the cases that were healthy; none of them failed:',
    '',
    ...list(kept, 'logins'),
    '',
    ...idleTable(entries),
    '```text',
    ...tableOf(entries).slice(1),
    '```',
  ].join('\n');
}

/** The part of RESULTS.md as it stands there. */
export function writtenResults(): string {
  const text = readFileSync(resultsFile(), 'utf8');
  return text.slice(text.indexOf(begin) + begin.length, text.indexOf(end)).trim();
}

/** Writes the ledger into the repository, without the seconds that a case took, and the tables into RESULTS.md. */
export function writeResults(entries: readonly Entry[]): void {
  const strip = (entry: Entry): Entry => ({ ...entry, seconds: 0, text: entry.text.slice(0, 400) });
  const lines = entries.map((entry) => `${JSON.stringify(strip(entry))}\n`).join('');
  writeFileSync(packedFile(), gzipSync(lines, { level: 9 }));
  const text = readFileSync(resultsFile(), 'utf8');
  const [before, after] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))];
  writeFileSync(resultsFile(), `${before}${begin}\n\n${resultsOf(packedEntries())}\n\n${after}`);
}
