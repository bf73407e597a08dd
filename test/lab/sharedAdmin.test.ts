import { expect } from 'chai';
import type { Lab } from '../../lab';
import type { Pair } from '../faults/together';
import { inOrder, pairOf, withLock } from '../faults/together';
import { adminLockName } from '../../src/mysql/lock';
import { run } from './support/command';
import { connectAs, generalLog } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { arnOf } from './support/secrets';
import { expectCode, snapshot } from './support/world';

/** All orders of their writes: `npm run faults -- --part admin`, and in the model `../unit/providers/adminInterleaving.test.ts`. */
for (const database of databases) {
  describe(`two OpenEMRs with one admin secret (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let pair: Pair;

    before(async () => {
      lab = await labWith(database);
      pair = await pairOf(lab);
    });
    after(() => pair.remove());

    it('every session takes its locks in one order: slot secret, Deployment; the admin secret alone, after them', async () => {
      const since = generalLog(lab).length;
      expectCode(await run(pair.sites[0]), 0);
      pair.slots[0] = 'B';
      const bySession = new Map<string, string[]>();
      for (const line of generalLog(lab).slice(since)) {
        const [, id = '', name = ''] = /(\d+) Query\s+SELECT GET_LOCK\('([a-z-]+):/.exec(line) ?? [];
        if (name !== '') bySession.set(id, [...(bySession.get(id) ?? []), name]);
      }
      expect([...bySession.values()]).to.deep.equal([
        ['credential-rotation-run', 'credential-rotation', 'credential-rotation-deployment'],
        ['credential-rotation-admin'],
      ]);
    });

    if (database === 'mysql')
      it('held by the run of another: status and the dry run say who holds it, and refuse nothing', async () => {
        const [, site] = pair.sites;
        const id = site.environment['RDS_ADMIN_SECRET_ID'] ?? '';
        const holder = await connectAs(lab, (await snapshot(pair.sites[0])).admin);
        await holder.query('SELECT GET_LOCK(?, 0)', [adminLockName(await arnOf(site, id))]);
        const status = await run(site, ['status']);
        expectCode(status, 0);
        expect(status.stdout)
          .to.match(/admin secret lock +held/)
          .and.to.include('waits up to 240 s for it');
        const dry = await run(site, ['--dry-run']);
        expectCode(dry, 0);
        expect(dry.stdout + dry.stderr).to.match(
          /works on the admin secret .*would wait for it, at most 240 s/,
        );
        await holder.end();
      });

    if (database === 'mysql')
      it('one waits while the other stands before any of its writes; both end with 0', async () => {
        const { codes } = await withLock(lab, pair);
        expect(codes).to.deep.equal([0, 0]);
      });
    else
      it('the session with the lock is dropped before the label moves: its run waits for the other, and both end with 0', async () => {
        const { codes } = await withLock(lab, pair, 'cut', 2);
        expect(codes).to.deep.equal([0, 0]);
      });

    // Stored by the second, stored by the first, both set their password, the first makes its own current.
    it('the lock broken, in the order that once lost the password: it is in a labelled version after each write', async () => {
      const { codes } = await inOrder(lab, pair, '1010001');
      expect(codes.length, codes.join(', ')).to.be.within(2, 3);
    });
  });
}
