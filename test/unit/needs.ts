import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { tools } from '../../lab/package';

/** Programs that some unit tests start beside Node.js, by the name that CONTRIBUTING.md has for them. */
type Program = 'php' | 'python3' | 'openssl' | 'bash';

function isThere(program: Program): boolean {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const files =
    program === 'php' ? [tools().php] : folders.filter(Boolean).map((each) => path.join(each, program));
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
 * Skips the tests of a suite, and says why, where this machine lacks a program that they start. In CI it fails: there
 * nothing may go unproved. Call it in a `describe`, before any other hook.
 */
export function needs(...programs: Program[]): void {
  before(function () {
    const missing = programs.filter((program) => !isThere(program));
    if (missing.length === 0) return;
    const why = `this machine has no ${missing.join(' and no ')}`;
    if (process.env['CI']) throw new Error(`${why}, and in CI no test is skipped`);
    sayWhy(this.test?.parent, why);
    this.skip();
  });
}
