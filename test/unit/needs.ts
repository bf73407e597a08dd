import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { tools } from '../../lab/package';

/** What some unit tests need beside Node.js, by the name that CONTRIBUTING.md has for it: a program, or to be root. */
type Need = 'php' | 'python3' | 'openssl' | 'bash' | 'root';

function isThere(need: Need): boolean {
  if (need === 'root') return process.geteuid?.() === 0;
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const files = need === 'php' ? [tools().php] : folders.filter(Boolean).map((each) => path.join(each, need));
  return files.some((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function sayWhy(suite: Mocha.Suite | undefined, why: string): void {
  for (const test of suite?.tests ?? []) test.title += ` (skipped: ${why})`;
  for (const below of suite?.suites ?? []) sayWhy(below, why);
}

/**
 * Skips the tests of a suite, and says why, where this machine lacks what they need. In CI it fails: there
 * nothing may go unproved. Call it in a `describe`, before any other hook.
 */
export function needs(...all: Need[]): void {
  before(function () {
    const missing = all.filter((need) => !isThere(need));
    if (missing.length === 0) return;
    const said = missing.map((need) =>
      need === 'root' ? 'this is not root' : `this machine has no ${need}`,
    );
    const why = said.join(', ');
    if (process.env['CI']) throw new Error(`${why}, and in CI no test is skipped`);
    sayWhy(this.test?.parent, why);
    this.skip();
  });
}
