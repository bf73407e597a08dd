import { stopLabs } from './lab/support/labs';

/** Mocha's root hooks: whatever a test does, no lab stays behind. */
export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000);
    await stopLabs();
  },
};
