import { expect } from 'chai';
import { keepFromHolderMs } from '../../../src/run/unlock';
import { retakeWithinMs } from '../../../src/mysql/lock';

describe('how long unlock keeps the lock from the run that held it', () => {
  it('longer than that run may take it again, counted from its last proof, by its idle time', () => {
    for (const idleSeconds of [0, 1, 10, 25])
      expect(idleSeconds * 1000 + keepFromHolderMs({ idleSeconds })).to.be.greaterThan(retakeWithinMs);
    expect(keepFromHolderMs({})).to.be.greaterThan(retakeWithinMs);
  });

  it('briefly when it has not asked for longer than that, and always longer than a run that is alive takes to look', () => {
    expect(keepFromHolderMs({ idleSeconds: 3600 })).to.equal(5000);
  });
});
