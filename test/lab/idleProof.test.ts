import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Session } from '../../src/mysql/database';
import type { Idleness } from '../../src/mysql/idleness';
import { waitForIdle } from '../../src/mysql/idleness';
import { lookEverywhere, openReaders } from '../../src/mysql/readers';
import { run } from './support/command';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { LoginClient } from './support/loginClient';
import { alterPassword, expectCode, expectHealthy, snapshot } from './support/world';
import { letPass } from './support/until';

/** Less patience than by default: the client here never stops by itself. The grace stays that of all tests. */
const impatient = { CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS: '4' };

for (const database of databases) {
  describe(`somebody keeps a login whose password is to be changed (${database})${longUnless(database === 'mysql')}`, function () {
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

/** A root session; a writer says of itself what Aurora would, since no server of the lab has that table. */
function sessionOf({ database }: Lab, readers?: string[]): Session {
  return {
    schema: '',
    query: async (sql, values = []) =>
      sql.includes('replica_host_status')
        ? (readers ?? []).map((id) => ({ id }))
        : ((await database.root(sql, [...values])) as Record<string, unknown>[]),
    close: async () => undefined,
  };
}

describe('a reader of an Aurora cluster, played by the second server of the lab', function () {
  this.timeout(240_000);
  const login = { username: 'aurora_reader_test', password: 'Logs-in-at-readers-1' };

  before(function () {
    if (databases.length < 2) this.skip();
  });

  it('a client that logs in there alone holds the proof; when it stops, the account is idle', async () => {
    const [writer, reader] = (await Promise.all(databases.map(labWith))) as [Lab, Lab];
    for (const { database } of [writer, reader])
      await database.root("CREATE USER ?@'%' IDENTIFIED BY ?", [login.username, login.password]);
    const session = sessionOf(writer, ['reader-1']);
    const endpoint = 'emr.cluster-c1abc.eu-west-1.rds.amazonaws.com';
    const readers = await openReaders(session, endpoint, async () => sessionOf(reader));
    const prove = (): Promise<Idleness> =>
      waitForIdle(
        {
          look: () => lookEverywhere(session, readers, login.username),
          pause: (ms) => letPass(ms, 'the pause of the proof itself'),
          now: () => performance.now(),
        },
        { graceMs: 1500, limitMs: 1500 },
      );
    try {
      const client = new LoginClient(reader, login);
      const held = await prove().finally(() => client.stop());
      expect(held.idle, 'while somebody logs in at the reader').to.equal(false);
      const idle = await prove();
      expect(idle.idle, 'when nobody does').to.equal(true);
      expect(idle.idle && idle.look.counted?.readers?.size).to.equal(1);
    } finally {
      for (const { database } of [writer, reader]) await database.root("DROP USER ?@'%'", [login.username]);
    }
  });
});
