import { expect } from 'chai';
import type { Lab } from '../../lab';
import type { Pair } from '../faults/together';
import { inOrder, pairOf, withLock } from '../faults/together';
import { databases, labWith } from './support/labs';

/** All orders of their writes: `npm run faults -- --part admin`, and in the model `../unit/providers/adminInterleaving.test.ts`. */
for (const database of databases) {
  describe(`two OpenEMRs with one admin secret (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let pair: Pair;

    before(async () => {
      lab = await labWith(database);
      pair = await pairOf(lab);
    });
    after(() => pair.remove());

    if (database === 'mysql')
      it('one waits while the other stands before any of its writes; both end with 0', async () => {
        const { codes } = await withLock(lab, pair);
        expect(codes).to.deep.equal([0, 0]);
      });
    else
      it('the session with the lock is dropped before the label moves: nothing more is written, the other ends with 0', async () => {
        const { codes } = await withLock(lab, pair, 'cut', 2);
        expect(codes.filter((code) => code !== 0)).to.deep.equal([12]);
      });

    // Stored by the second, stored by the first, both set their password, the first makes its own current.
    it('the lock broken, in the order that once lost the password: it is in a labelled version after each write', async () => {
      const { codes } = await inOrder(lab, pair, '1010001');
      expect(codes.length, codes.join(', ')).to.be.within(2, 3);
    });
  });
}
