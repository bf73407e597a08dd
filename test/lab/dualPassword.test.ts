import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runPaused, runWithFault } from '../faults/sweep';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { LoginClient, shortestRequestMs } from './support/loginClient';
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

  it('a kill before the old one is discarded: the next run discards it @long', async () => {
    const { active, admin } = await snapshot(site);
    const point = 'database: discard the old password of the admin';
    const killed = await runWithFault(site, { point, mode: 'kill-before' });
    expect(killed.signal).to.equal('SIGKILL');
    const between = await snapshot(site);
    expect(between.admin.password, 'AWSCURRENT has moved').to.not.equal(admin.password);
    for (const password of [admin.password, between.admin.password])
      expect(await site.canLogin(site.users.admin, password)).to.equal(true);
    expectCode(await run(site), 0);
    expect((await expectHealthy(site, active === 'A' ? 'B' : 'A')).admin).to.deep.equal(between.admin);
    expect(await site.canLogin(site.users.admin, admin.password), 'the old password').to.equal(false);
  });
});

describe('the old password of a slot stays valid where the idle proof can miss a login, or the operator wants it', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  const discardPoint = (slot: string): string => `database: discard the old password of slot ${slot}`;

  before(async function () {
    if (!databases.includes('mysql')) this.skip();
    lab = await labWith('mysql');
    site = await lab.createSite({ replicas: 1 });
    await lab.database.root("REVOKE SELECT ON performance_schema.* FROM ?@'%'", [site.users.admin]);
  });
  after(() => site?.remove());

  it('sampled: dry run and run say so; the old password works until the second look is over', async () => {
    const { A, B } = await snapshot(site);
    // The password that the slot secret has of the standby is the older of two: after a restore, or with a state that was lost.
    await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [
      B.username,
      'Nobody-knows-this-1',
    ]);
    const said =
      /idle proof is sampled, since the admin user may not read the counts; GRANT SELECT ON performance_schema\.accounts .* 10 ms .* 4 s instead of 1 s/;
    expect((await run(site, ['--dry-run'])).stderr).to.match(said);
    let old: boolean | undefined;
    const paused = await runPaused(site, discardPoint('A'), 'before', async () => {
      old = await site.canLogin(A.username, A.password);
    });
    expectCode(paused, 0);
    expect(paused.stderr).to.match(said);
    expect(paused.stderr.match(/idle proof is sampled/g)?.length).to.equal(1);
    const { A: renewed } = await expectHealthy(site, 'B');
    expect([old, await site.canLogin(A.username, A.password)]).to.deep.equal([true, false]);
    expect(renewed.password).to.not.equal(A.password);
    expect(await site.canLogin(B.username, 'Nobody-knows-this-1'), 'the other password of B').to.equal(false);
  });

  it('a client that comes after the change is let in, and holds the run; a kill before the discard is made up for', async () => {
    const { B } = await snapshot(site);
    let client: LoginClient | undefined;
    const held = await runPaused(
      site,
      'database: ALTER USER of slot B',
      'after',
      async () => void (client = new LoginClient(lab, B, 100, 3 * shortestRequestMs)),
      ['--idle-limit', '4'],
    ).finally(() => client?.stop());
    expect(client).to.include({ refused: 0 });
    expectCode(held, 12);
    expect(held.stderr).to.match(
      new RegExp(
        `${B.username} is still in use from .*; its old password, which works beside the new one, was not discarded`,
      ),
    );
    const status = JSON.parse((await run(site, ['status', '--json'])).stdout) as {
      passwords: { account: string; retained: boolean }[];
      notes: string[];
    };
    expect(status.passwords.map(({ account, retained }) => [account, retained])).to.deep.equal([
      ['A', false],
      ['B', true],
      ['admin', false],
    ]);
    expect(status.notes.join()).to.include(`the password that ${B.username} had before`);
    const killed = await runWithFault(site, { point: discardPoint('B'), mode: 'kill-before' });
    expect(killed.signal).to.equal('SIGKILL');
    expect(await site.canLogin(B.username, B.password)).to.equal(true);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'A');
    expect(await site.canLogin(B.username, B.password)).to.equal(false);
  });

  it('--keep-old-password: it works until the next rotation, which ends it', async () => {
    await lab.database.root("GRANT SELECT ON performance_schema.* TO ?@'%'", [site.users.admin]);
    const { A } = await snapshot(site);
    const kept = await run(site, ['--keep-old-password']);
    expectCode(kept, 0);
    expect(kept.stderr)
      .to.include(`the old password of ${A.username} stays valid`)
      .and.not.include('sampled');
    await expectHealthy(site, 'B');
    expect(await site.canLogin(A.username, A.password)).to.equal(true);
    expect((await run(site, ['status'])).stdout).to.include(`the password that ${A.username} had before`);
    const next = await run(site);
    expectCode(next, 0);
    expect(next.stderr).to.include(
      `still takes the password that ${A.username} had before; it ends in step 4`,
    );
    await expectHealthy(site, 'A');
    expect(await site.canLogin(A.username, A.password)).to.equal(false);
  });

  it('an old Secret with the retained password comes back: OpenEMR gets the renewed one, and the next rotation ends both @long', async () => {
    const before = await snapshot(site);
    const [left, to] = before.active === 'A' ? (['A', 'B'] as const) : (['B', 'A'] as const);
    const { username, password: old } = before[left];
    expectCode(await run(site, ['--keep-old-password']), 0);
    const { password: renewed } = (await expectHealthy(site, to))[left];
    await new Cluster(lab, site).setSecret({ 'mysql-user': username, 'mysql-password': old });
    const back = await run(site);
    expectCode(back, 0);
    expect(back.stderr).to.include(`names ${username}, so its old password`);
    expect((await expectHealthy(site, left))[left].password).to.equal(renewed);
    expectCode(await run(site), 0);
    await expectHealthy(site, to);
    for (const password of [old, renewed]) expect(await site.canLogin(username, password)).to.equal(false);
  });
});

describe('--keep-old-password where the server has one password for a user', function () {
  this.timeout(240_000);
  let site: Site;

  before(async function () {
    if (!databases.includes('mariadb')) this.skip();
    site = await (await labWith('mariadb')).createSite({ replicas: 1 });
  });
  after(() => site?.remove());

  it('is refused with one sentence, by the dry run, too', async () => {
    const before = await snapshot(site);
    for (const args of [['--dry-run'], []]) {
      const refused = await run(site, [...args, '--keep-old-password']);
      expectCode(refused, 2);
      expect(refused.stdout + refused.stderr).to.include('run without --keep-old-password');
    }
    expect(await snapshot(site)).to.deep.equal(before);
  });
});
