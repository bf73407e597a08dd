import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tested } from './lab/support/labs';
import { NOTES_VARIABLE, notes } from './lab/support/ran';
import { plannedLines, ranLines } from './lab/support/ranLines';

let folder: string | undefined;

/** Mocha's, once before all tests: says on which databases they are to run. The processes of the tests inherit the variable. */
export function mochaGlobalSetup(): void {
  folder = mkdtempSync(path.join(tmpdir(), 'openemr-tests-'));
  process.env[NOTES_VARIABLE] = path.join(folder, 'parts.jsonl');
  console.log(plannedLines(tested).join('\n'));
}

/** Mocha's, once after all tests: says on which databases they ran, and which parts of their labs were real. */
export function mochaGlobalTeardown(): void {
  const file = process.env[NOTES_VARIABLE];
  if (folder === undefined || file === undefined) return;
  console.log(ranLines(tested, notes(file)).join('\n'));
  rmSync(folder, { recursive: true });
}
