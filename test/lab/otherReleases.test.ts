import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { flavourOf } from '../../lab';
import { run } from './support/command';
import { labWith, tested } from './support/labs';
import type { WorldSnapshot } from './support/world';
import { expectCode, expectHealthy, snapshot } from './support/world';

/**
 * The short list for a release that not all tests run on. MySQL 8.0 is what Aurora's version 3 descends from; MySQL 9 has no
 * native password plugin any more.
 */
for (const database of tested.shortly) {
  describe(`a database server that only this file runs on (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let found: WorldSnapshot;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    beforeEach(async () => {
      found = await snapshot(site);
    });
    after(() => site?.remove());

    it('is that release', async () => {
      const [row] = (await lab.database.root('SELECT VERSION() AS version')) as { version: string }[];
      const [, major] = database.split('-');
      expect(row?.version).to.match(new RegExp(`^${major}\\.`));
    });

    it('verify and dry run find no problem, and change nothing', async () => {
      expectCode(await run(site, ['verify']), 0);
      expectCode(await run(site, ['--dry-run']), 0);
      expect(await snapshot(site)).to.deep.equal(found);
    });

    it('is rotated twice under load: no request fails, no login is refused, old passwords are dead', async () => {
      const load = site.load({ ratePerSecond: 20 });
      const canary = site.canary({ everyMs: 100 });
      const between = await rotated('B');
      const after = await rotated('A');
      const [served, logins] = [await load.stop(), await canary.stop()];
      expect(served.failed, JSON.stringify(served)).to.equal(0);
      expect(logins.failed, logins.failures.join('\n')).to.equal(0);
      for (const [old, now] of [
        [found.A, after.A],
        [between.B, after.B],
        [between.admin, after.admin],
      ] as const) {
        expect(now.password).to.not.equal(old.password);
        expect(await site.canLogin(old.username, old.password)).to.equal(false);
      }
    });

    it('a standby whose password is another one is set right @long', async () => {
      const { B } = found;
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [B.username, 'Somebody-else-set-this-1']);
      expectCode(await run(site, ['--sync-db-users']), 0);
      expect(await site.canLogin(B.username, B.password)).to.equal(true);
      await expectHealthy(site, 'A');
    });

    it('--keep-old-password: on MySQL the old one works until the next rotation; MariaDB has no second one @long', async () => {
      const { A } = found;
      const kept = await run(site, ['--keep-old-password']);
      if (flavourOf(database) === 'mariadb') {
        expectCode(kept, 2);
        expect(kept.stderr).to.include('keeps no second password');
        return;
      }
      expectCode(kept, 0);
      await expectHealthy(site, 'B');
      expect(await site.canLogin(A.username, A.password)).to.equal(true);
      await rotated('A');
      expect(await site.canLogin(A.username, A.password)).to.equal(false);
    });

    it('an operator goes back @long', async () => {
      expectCode(await run(site, ['rollback', '--yes']), 0);
      await expectHealthy(site, 'B');
    });

    async function rotated(slot: 'A' | 'B'): Promise<WorldSnapshot> {
      expectCode(await run(site), 0);
      return expectHealthy(site, slot);
    }
  });
}
