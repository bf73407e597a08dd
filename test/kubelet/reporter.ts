import { writeFileSync } from 'node:fs';
import type { Runner, Test } from 'mocha';
import { reporters } from 'mocha';

/** Shows the tests as usual, and writes their counts to the file that KUBELET_REPORT names. */
// eslint-disable-next-line no-restricted-syntax -- Mocha takes the default export of a reporter.
export default class KubeletReporter extends reporters.Spec {
  constructor(runner: Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    const begin = performance.now();
    runner.on('fail', (test: Test, error: Error) => {
      failed.push(`${test.fullTitle()}: ${error.message.split('\n')[0] ?? ''}`);
    });
    runner.on('end', () => {
      const { passes: passed = 0, pending: skipped = 0 } = runner.stats ?? {};
      const report = { passed, skipped, failed, seconds: (performance.now() - begin) / 1000 };
      writeFileSync(process.env['KUBELET_REPORT'] ?? '/dev/null', JSON.stringify(report));
    });
  }
}
