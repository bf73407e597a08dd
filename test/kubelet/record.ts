import { z } from 'zod';

/** How one test file ended. */
export const reportSchema = z.object({
  ...{ file: z.string(), passed: z.number(), skipped: z.number() },
  /** Titles of the tests that failed, each with its reason's first line. */
  failed: z.array(z.string()),
  seconds: z.number(),
  /** Of which commit it is, where it is taken over from an earlier run. */
  commit: z.string().optional(),
});
export type TestReport = z.infer<typeof reportSchema>;

/** When and on what the tests ran. */
export interface RecordHead {
  date: string;
  commit: string;
  kernel: string;
  /** Names and versions of what was real. */
  parts: string[];
}

/** The text of RESULTS.md, with the files that are still to run. Pure. */
export function recordText(
  reports: readonly TestReport[],
  { date, commit, kernel, parts }: RecordHead,
  open: readonly string[] = [],
): string {
  const passed = reports.reduce((sum, report) => sum + report.passed, 0);
  const failures = reports.flatMap(({ file, failed }) => failed.map((each) => `- ${file}: ${each}`));
  const rows = reports.map(
    ({ file, passed: good, failed, skipped, seconds, commit: of }) =>
      `| ${file}${of === undefined ? '' : ` (of commit ${of})`} | ${good} | ${failed.length} | ${skipped} | ${Math.round(seconds)} s |`,
  );
  return `# The tests about pods on the real kubelet

Written by \`npm run test:kubelet\`, on ${date}: commit ${commit}; ${parts.join(', ')}; kernel ${kernel}. **${passed} passed, ${failures.length} failed.**

| file | passed | failed | skipped | time |
|---|---|---|---|---|
${rows.join('\n')}
${failures.length === 0 ? '' : `\nFailed:\n\n${failures.join('\n')}\n`}${open.length === 0 ? '' : `\nNot run yet: ${open.join(', ')}.\n`}`;
}
