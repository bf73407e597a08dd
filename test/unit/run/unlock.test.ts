import { expect } from 'chai';
import { keepFromHolderMs, whatToDo } from '../../../src/run/unlock';
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

describe('whom unlock ends', () => {
  const [shown, other] = [5, 6].map((connectionId) => ({
    connectionId,
    client: 'u@h',
    idleSeconds: 60,
  }));

  it('who was shown, and nobody where the lock is free by now', () => {
    expect(whatToDo(shown, shown, false)).to.equal('end');
    expect(whatToDo(shown, undefined, false)).to.equal('leave');
  });

  it('not a run that took the lock while somebody decided: that one is named', () => {
    for (const before of [shown, undefined])
      expect(() => whatToDo(before, other, false))
        .to.throw(/since its holder was shown, and is left alone/)
        .with.property('code', 'lock-held');
  });

  it('not another OpenEMR that came to the admin secret meanwhile', () => {
    expect(whatToDo(undefined, other, true)).to.equal('leave');
    expect(whatToDo(shown, other, true)).to.equal('leave');
  });
});
