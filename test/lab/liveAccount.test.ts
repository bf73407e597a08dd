import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { grantOptionalRights } from './support/optionalRights';
import { alterPassword, expectCode, expectHealthy, snapshot } from './support/world';
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
      for (const part of parts) expect(result.stdout + result.stderr).to.include(part);
      // The Lease, where a Role has it, is the run's lock.
      expect((await writes.found()).filter((write) => !write.includes('/leases'))).to.deep.equal([]);
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

    it('of another OpenEMR, from which this one was copied: a repair does not lock it out, and the dry run says so', async () => {
      await grantOptionalRights(lab, site);
      const { username } = (await snapshot(site)).A;
      const original = { username, password: 'Of-the-original-1' };
      await alterPassword(lab, username, original.password);
      const pod = await connectAs(lab, original, '127.0.0.9');
      const said = ['is in use from 127.0.0.9', "no address of OpenEMR's pods", 'database users of its own'];
      const refused = `sqlconf.php names ${username} (slot A), and the database refuses that login`;
      await expectRefused(['--sync-db-users', '--dry-run'], 4, ...said, refused);
      await expectRefused(['--sync-db-users'], 4, ...said);
      // While the other slot's login works, a rotation is the way in; without it, the repair would be.
      await alterPassword(lab, site.users.B, 'Restored-1');
      for (const command of ['status', 'verify']) {
        const { stdout } = await run(site, [command]);
        expect(stdout).to.include(said[0]).and.to.not.include('Run credential-rotation --sync-db-users');
      }
      await (await connectAs(lab, original, '127.0.0.9')).end();
      await pod.end();
      expectCode(await run(site, ['--sync-db-users']), 0);
      await expectHealthy(site, 'A');
    });

    it('and the Kubernetes Secret has another password, which is refused, too: a repair sets what the file has', async () => {
      const { A } = await snapshot(site);
      await alterPassword(lab, A.username, 'Restored-1');
      await new Cluster(lab, site).setSecret({ 'mysql-password': 'Long-ago-1' });
      expectCode(await run(site, ['--sync-db-users', '--dry-run']), 0);
      expectCode(await run(site, ['--sync-db-users']), 0);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });
  });
}
