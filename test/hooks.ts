import { config } from 'chai';
import { handOnLabs, stopLabs } from './lab/support/labs';

// What a run printed is told at length: a red test of CI is all that is left of it.
config.truncateThreshold = 4000;

/** Mocha sets it in a process that runs one test file after the other; the lab's reaper ends what such a process leaves. */
const isWorker = process.env['MOCHA_WORKER_ID'] !== undefined;

/** Mocha's root hooks: whatever a test does, no lab stays behind; a worker's goes from file to file. */
export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(120_000);
    if (isWorker) await handOnLabs(hasFailed(this.test?.parent));
    else await stopLabs();
  },
};

function hasFailed(suite: Mocha.Suite | undefined): boolean {
  if (suite === undefined) return false;
  return suite.tests.some(({ state }) => state === 'failed') || suite.suites.some(hasFailed);
}
