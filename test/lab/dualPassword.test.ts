import { expect } from 'chai';
import type { Site } from '../../lab';
import { runPaused, runWithFault } from '../faults/sweep';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

/** Of MySQL from 8.0.14 on; MariaDB has no second password, and is rotated without in all other tests. */
describe('the admin user has two passwords while step 11 is under way', function () {
  this.timeout(240_000);
  let site: Site;

  before(async function () {
    if (!databases.includes('mysql')) this.skip();
    site = await (await labWith('mysql')).createSite();
  });
  after(() => site?.remove());

  it('the old one works until AWSCURRENT has moved, so nobody who has just read it is locked out', async () => {
    const { admin } = await snapshot(site);
    const works = (password: string): Promise<boolean> => site.canLogin(site.users.admin, password);
    const seen: { point: string; old: boolean }[] = [];
    const look = (point: string) => async (): Promise<void> => {
      seen.push({ point, old: await works(admin.password) });
    };
    expectCode(await runPaused(site, 'database: ALTER USER of the admin', 'after', look('set')), 0);
    const after = await expectHealthy(site, 'B');
    expect(seen).to.deep.equal([{ point: 'set', old: true }]);
    expect(await works(after.admin.password), 'the new password').to.equal(true);
    expect(await works(admin.password), 'the old password, at the end').to.equal(false);
  });

  it('a kill before the old one is discarded: the next run discards it', async () => {
    const { admin } = await snapshot(site);
    const point = 'database: discard the old password of the admin';
    const killed = await runWithFault(site, { point, mode: 'kill-before' });
    expect(killed.signal).to.equal('SIGKILL');
    const between = await snapshot(site);
    expect(between.admin.password, 'AWSCURRENT has moved').to.not.equal(admin.password);
    for (const password of [admin.password, between.admin.password])
      expect(await site.canLogin(site.users.admin, password)).to.equal(true);
    expectCode(await run(site), 0);
    expect((await expectHealthy(site, 'A')).admin).to.deep.equal(between.admin);
    expect(await site.canLogin(site.users.admin, admin.password), 'the old password').to.equal(false);
  });
});
