import { existsSync, readFileSync } from 'node:fs';
import { repositoryFile } from '../unit/docs/readme';
import type { Differences } from './differences';
import { differences } from './differences';
import { stableThings } from './stable';

/** A golden file's place. */
export function goldenFile(name: string): string {
  return repositoryFile('test', 'golden', 'files', `${name}.json`);
}

/** What differs, in all golden files. */
export function allDifferences(): Differences {
  const found = Object.entries(stableThings()).map(([name, now]) => {
    const file = goldenFile(name);
    const recorded: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    // As JSON has it: without what is undefined.
    return differences(name, recorded, JSON.parse(JSON.stringify(now)));
  });
  return {
    changed: found.flatMap(({ changed }) => changed),
    added: found.flatMap(({ added }) => added),
  };
}

/** What to do about a change of what is stable. */
export function changedText(changed: readonly string[]): string {
  return changed.map((each) => `changed a stable thing: ${each}`).join('\n');
}
