import { config } from 'chai';
import { stopLabs } from './lab/support/labs';

// What a run printed is told at length: a red test of CI is all that is left of it.
config.truncateThreshold = 4000;

/** Mocha's root hooks: whatever a test does, no lab stays behind. */
export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000);
    await stopLabs();
  },
};
