import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../lab/package';
import type { Counts } from '../countingReporter';
import { CountingReporter } from '../countingReporter';

/** How a run of the long list ended. */
export interface LongRun extends Counts {
  /** The day, as 2026-11-30. */
  date: string;
  commit: string;
}

/** The text of RESULTS.md. Pure. */
export function longRunText({ date, commit, passed, skipped, failed, seconds }: LongRun): string {
  const left = skipped === 0 ? '' : `, ${skipped} skipped`;
  return `# The long list of the lab tests

Written by \`npm run test:long\`, on ${date}: commit ${commit}; ${Math.round(seconds / 60)} min. **${passed} passed, ${failed.length} failed${left}.**
${failed.length === 0 ? '' : `\nFailed:\n\n${failed.map((each) => `- ${each}`).join('\n')}\n`}`;
}

/** Writes how the tests ended into RESULTS.md. */
// eslint-disable-next-line no-restricted-syntax -- Mocha takes the default export of a reporter.
export default class LongReporter extends CountingReporter {
  protected record(counts: Counts): void {
    const root = packageRoot();
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
    const date = new Date().toISOString().slice(0, 10);
    const text = longRunText({ ...counts, date, commit: commit.trim() });
    writeFileSync(path.join(root, 'test', 'long', 'RESULTS.md'), text);
  }
}
