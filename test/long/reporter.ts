import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Runner, Test } from 'mocha';
import { reporters } from 'mocha';
import { packageRoot } from '../../lab/package';

/** How a run of the long list ended. */
export interface LongRun {
  /** The day, as 2026-11-30. */
  date: string;
  commit: string;
  passed: number;
  skipped: number;
  /** Titles of the tests that failed, each with its reason's first line. */
  failed: readonly string[];
  seconds: number;
}

/** The text of RESULTS.md. Pure. */
export function longRunText({ date, commit, passed, skipped, failed, seconds }: LongRun): string {
  const left = skipped === 0 ? '' : `, ${skipped} skipped`;
  return `# The long list of the lab tests

Written by \`npm run test:long\`, on ${date}: commit ${commit}; ${Math.round(seconds / 60)} min. **${passed} passed, ${failed.length} failed${left}.**
${failed.length === 0 ? '' : `\nFailed:\n\n${failed.map((each) => `- ${each}`).join('\n')}\n`}`;
}

/** Shows the tests as usual, and writes how they ended into RESULTS.md. */
// eslint-disable-next-line no-restricted-syntax -- Mocha takes the default export of a reporter.
export default class LongReporter extends reporters.Spec {
  constructor(runner: Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    const begin = performance.now();
    runner.on('fail', (test: Test, error: Error) => {
      failed.push(`${test.fullTitle()}: ${error.message.split('\n')[0] ?? ''}`);
    });
    runner.on('end', () => {
      const { passes: passed = 0, pending: skipped = 0 } = runner.stats ?? {};
      const root = packageRoot();
      const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
      const date = new Date().toISOString().slice(0, 10);
      const seconds = (performance.now() - begin) / 1000;
      const text = longRunText({ date, commit: commit.trim(), passed, skipped, failed, seconds });
      writeFileSync(path.join(root, 'test', 'long', 'RESULTS.md'), text);
    });
  }
}
