import type { Runner, Test } from 'mocha';
import { reporters } from 'mocha';

/** How a run of mocha ended. */
export interface Counts {
  passed: number;
  skipped: number;
  /** Titles of the tests that failed, each with its reason's first line. */
  failed: string[];
  seconds: number;
}

/** Shows the tests as usual, and gives their counts at the end. */
export abstract class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    const begin = performance.now();
    runner.on('fail', (test: Test, error: Error) => {
      failed.push(`${test.fullTitle()}: ${error.message.split('\n')[0] ?? ''}`);
    });
    runner.on('end', () => {
      const { passes: passed = 0, pending: skipped = 0 } = runner.stats ?? {};
      this.record({ passed, skipped, failed, seconds: (performance.now() - begin) / 1000 });
    });
  }

  protected abstract record(counts: Counts): void;
}
