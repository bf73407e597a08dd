import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { LoginClient } from './support/loginClient';
import { alterPassword, expectCode, expectHealthy, snapshot } from './support/world';

/** Less patience than by default: the client here never stops by itself. The grace stays that of all tests. */
const impatient = { CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS: '4' };

for (const database of databases) {
  describe(`somebody keeps a login whose password is to be changed (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    before(async () => (lab = await labWith(database)));
    afterEach(() => site.remove());

    it('the old slot: two logins a second hold the renewal, and are never refused; when they end it is done', async () => {
      site = await lab.createSite({ replicas: 1 });
      const { A } = await snapshot(site);
      const client = new LoginClient(lab, A);
      const held = await run(site, [], impatient);
      expect((await client.stop()).refused).to.equal(0);
      expectCode(held, 12);
      expect(held.stderr).to.match(
        new RegExp(`${A.username} is still in use from .*; its password was not renewed`),
      );
      expect(held.stderr).to.not.include('sampled');
      expect(await site.canLogin(A.username, A.password)).to.equal(true);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('the admin user, which OpenEMR has just left: a session and logins are not cut off', async () => {
      site = await lab.createSite({ replicas: 1, start: 'empty-secret' });
      const { admin } = await snapshot(site);
      const session = await connectAs(lab, admin);
      const client = new LoginClient(lab, admin, 100);
      const held = await run(site, [], impatient);
      expect((await client.stop()).refused).to.equal(0);
      expectCode(held, 12);
      expect(held.stderr).to.include('the password of the admin was not changed');
      session.destroy();
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
      expect(await site.canLogin(admin.username, admin.password)).to.equal(false);
    });

    it('--sync-db-users does not alter an account that nobody names and that has a session', async () => {
      site = await lab.createSite({ replicas: 1 });
      const { B } = await snapshot(site);
      const session = await connectAs(lab, B);
      await alterPassword(lab, B.username, 'Nobody-remembers-this-1');
      const refused = await run(site, ['--sync-db-users']);
      expectCode(refused, 4);
      expect(refused.stderr).to.match(
        new RegExp(`${B.username} is in use from .*; its password was not changed`),
      );
      expect(await site.canLogin(B.username, 'Nobody-remembers-this-1')).to.equal(true);
      session.destroy();
      expectCode(await run(site, ['--sync-db-users']), 0);
      await expectHealthy(site, 'A');
    });
  });
}
