import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { Writes } from './support/writes';

// A server that refuses a login says it the same way for every reason.
for (const database of databases.slice(0, 1)) {
  describe(`the account that OpenEMR uses now is refused (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
    });
    afterEach(() => site.remove());

    async function expectRefused(args: string[], code: number, ...parts: string[]): Promise<void> {
      const [before, writes] = [await snapshot(site), new Writes(lab, site)];
      const result = await run(site, args);
      expectCode(result, code);
      for (const part of parts) expect(result.stderr).to.include(part);
      expect(await writes.found()).to.deep.equal([]);
      expect(await snapshot(site)).to.deep.equal(before);
    }

    it('locked: refused before any write, by a rotation and by a repair; unlocked, it rotates', async () => {
      const { A } = site.users;
      await lab.database.root("ALTER USER ?@'%' ACCOUNT LOCK", [A]);
      const cure = `ALTER USER \`${A}\`@\`%\` ACCOUNT UNLOCK`;
      await expectRefused([], 2, cure);
      await expectRefused(['--dry-run'], 2);
      await expectRefused(['--sync-db-users'], 2, cure);
      await lab.database.root("ALTER USER ?@'%' ACCOUNT UNLOCK", [A]);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('expired: a repair sets the same password; a rotation takes OpenEMR to the standby, whose password is good', async () => {
      const { A } = await snapshot(site);
      const expire = (username: string): Promise<unknown> =>
        lab.database.root("ALTER USER ?@'%' PASSWORD EXPIRE", [username]);
      await expire(A.username);
      expectCode(await run(site, ['--sync-db-users']), 0);
      const mended = await expectHealthy(site, 'A');
      expect(mended.A.password === A.password, 'the password that OpenEMR has').to.equal(true);
      await expire(A.username);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });
  });
}
