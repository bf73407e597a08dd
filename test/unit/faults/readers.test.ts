import { expect } from 'chai';
import { windowsOf } from '../../faults/readers';

describe('readers that keep their login', () => {
  it('are as late in the grace that the runs are given as the field is in the default one', () => {
    expect(windowsOf({ given: 30_000, byDefault: 30_000 }).nfsMs).to.equal(29_000);
    expect(windowsOf({ given: 1000, byDefault: 29_000 }).nfsMs).to.equal(1000);
    // A default that is too short for NFS is seen, whatever the tests wait.
    expect(windowsOf({ given: 1000, byDefault: 5000 }).nfsMs).to.equal(5800);
  });

  it('a terminating pod goes on for longer than the grace', () => {
    expect(windowsOf({ given: 1000, byDefault: 30_000 }).terminatingMs).to.be.greaterThan(1000);
  });
});
