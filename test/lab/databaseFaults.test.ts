import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import path from 'node:path';
import type { Lab, Site } from '../../lab';
import { tools } from '../../lab/package';
import { startDatabase } from '../../lab/servers/database';
import { Processes } from '../../lab/servers/processes';
import { changeAccount } from '../../src/mysql/accountChange';
import { openSession, programName } from '../../src/mysql/database';
import { DatabaseFailure } from '../../src/mysql/databaseErrors';
import { runPaused } from '../faults/sweep';
import { run } from './support/command';
import { connectAs, generalLog } from './support/database';
import { databases, labWith } from './support/labs';
import { putSecret, secretUnder } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';
import { letPass } from './support/until';

// One database is enough: where the two differ is tested in accountParity.
for (const database of databases.slice(0, 1)) {
  describe(`the database does not play along (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    const root = (sql: string, values: unknown[] = []): Promise<unknown[]> => lab.database.root(sql, values);
    const readOnly = database === 'mysql' ? 'super_read_only' : 'read_only';

    before(async () => {
      lab = await labWith(database);
    });

    describe('found before anything is written', () => {
      before(async () => {
        site = await lab.createSite();
      });
      after(() => site.remove());

      it('a dry run shows what the standby would be granted, and each account that stops it with the cure', async () => {
        const { A, B } = site.users;
        await root("GRANT PROCESS ON *.* TO ?@'%'; ALTER USER ?@'%' REQUIRE NONE", [A, A]);
        await root("ALTER USER ?@'%' ACCOUNT LOCK", [B]);
        const before = await snapshot(site);
        const result = await run(site, ['--dry-run']);
        expectCode(result, 2);
        expect(result.stdout).to.include(`user-b: + GRANT PROCESS ON *.* TO \`${B}\`@\`%\` (as ${A})`);
        const cures = [...result.stdout.matchAll(/run (ALTER USER .*)\./g)].map((found) => found[1] ?? '');
        expect(cures).to.have.lengthOf(2);
        for (const cure of cures) await root(cure);
        const cured = await run(site, ['--dry-run']);
        expectCode(cured, 0);
        await root("CREATE USER ?@'10.%'", [B]);
        const ambiguous = await run(site);
        await root("DROP USER ?@'10.%'", [B]);
        expectCode(ambiguous, 2);
        expect(ambiguous.stderr).to.include('several hosts').and.to.include(`DROP USER \`${B}\`@\`10.%\``);
        expect(await snapshot(site)).to.deep.equal(before);
      });

      it('a reader endpoint: exit 2, nothing changed', async () => {
        const before = await snapshot(site);
        await root(`SET GLOBAL ${readOnly} = ON`);
        try {
          const result = await run(site);
          expectCode(result, 2);
          expect(result.stderr).to.include('read-only').and.to.include('writer endpoint');
        } finally {
          await root('SET GLOBAL read_only = OFF');
        }
        expect(await snapshot(site)).to.deep.equal(before);
      });

      it('the admin secret of another database: exit 2, both named; the same one under another name is no mistake', async () => {
        const before = await snapshot(site);
        const other = await secondServer();
        try {
          await other.root("CREATE USER ?@'%' IDENTIFIED BY ?; GRANT ALL ON *.* TO ?@'%'", [
            before.admin.username,
            before.admin.password,
            before.admin.username,
          ]);
          const elsewhere = JSON.stringify({ ...before.admin, port: String(other.port) });
          await putSecret(site, site.adminSecretId, elsewhere);
          const result = await run(site);
          expectCode(result, 2);
          expect(result.stderr)
            .to.include('Wrong target')
            .and.to.include(`127.0.0.1:${other.port}`)
            .and.to.include(`127.0.0.1:${lab.database.port}`);
        } finally {
          await other.stop();
        }
        await putSecret(site, site.adminSecretId, JSON.stringify({ ...before.admin, host: 'localhost' }));
        expectCode(await run(site, ['--dry-run']), 0);
        await putSecret(site, site.adminSecretId, JSON.stringify(before.admin));
        expect(await snapshot(site)).to.deep.equal(before);
      });

      it('too many connections: exit 4, nothing changed; for a short time: it waits @long', async () => {
        const before = await snapshot(site);
        const fill = await fillConnections();
        try {
          const result = await run(site);
          expectCode(result, 4);
          expect(result.stderr).to.match(/does not take a connection now \(ER_(CON_COUNT|TOO_MANY)/);
          expect(await snapshot(site)).to.deep.equal(before);
          setTimeout(() => void fill.release(), 3000);
          expectCode(await run(site, ['--dry-run']), 0);
        } finally {
          await fill.release();
        }
      });
    });

    describe('in the middle of a rotation', () => {
      before(async () => {
        site = await lab.createSite();
      });
      after(() => site.remove());

      it('a failover while the left user is renewed: the run itself ends well, with few connections and login tries', async () => {
        const { admin } = await snapshot(site);
        const wrong = JSON.stringify({ ...admin, password: 'Never-told-to-anyone-1' });
        await putSecret(site, site.adminSecretId, wrong);
        const since = generalLog(lab).length;
        const most = watchConnections();
        const canary = site.canary();
        const result = await runPaused(site, 'database: ALTER USER of slot A', 'before', async () => {
          await root(`SET GLOBAL ${readOnly} = ON`);
          setTimeout(() => void root('SET GLOBAL read_only = OFF'), 4000);
          const sessions = await root('SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?', [
            admin.username,
          ]);
          // One that ended meanwhile is no fault.
          for (const session of sessions)
            await root(`KILL ${Number((session as { id: number }).id)}`).catch(() => undefined);
        });
        expectCode(result, 0);
        await expectHealthy(site, 'B');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.join('\n')).to.equal(0);
        const refused = generalLog(lab)
          .slice(since)
          .filter((line) => line.includes(`Access denied for user '${admin.username}'`));
        expect(refused, `tries with the wrong password:\n${refused.join('\n')}`).to.have.lengthOf.within(
          1,
          3,
        );
        if (database === 'mysql') expect(await most(), 'connections at once').to.be.within(1, 3);
      });

      const locks = {
        mysql: [['FLUSH TABLES WITH READ LOCK'], ['LOCK INSTANCE FOR BACKUP']],
        mariadb: [['FLUSH TABLES WITH READ LOCK'], ['BACKUP STAGE START', 'BACKUP STAGE BLOCK_COMMIT']],
      }[database];
      for (const lock of locks)
        it(`no change of a user is sent while somebody holds ${lock.at(-1)}, whatever schema the admin secret names`, async () => {
          const { admin } = await snapshot(site);
          const { username, password } = admin;
          const { host, port, caFile } = lab.database;
          const locker = createConnection({ socketPath: rootSocket(), user: 'root' });
          try {
            for (const statement of lock) await (await locker).query(statement);
            for (const dbname of ['', 'no_such_schema', 'mysql', String(admin['dbname'])]) {
              const login = { username, password, host, port: String(port), dbname };
              const session = await openSession(login, { caFile });
              const since = generalLog(lab).length;
              const failure = await changeAccount(
                session,
                "ALTER USER 'nobody'@'nowhere' ACCOUNT LOCK",
              ).catch((error: unknown) => error);
              await session.close();
              const sent = generalLog(lab).slice(since).join('\n');
              expect(sent, dbname).not.to.include('ALTER USER');
              expect(failure, dbname).to.be.instanceOf(DatabaseFailure).and.to.include({ passes: true });
            }
          } finally {
            (await locker).destroy();
          }
        });

      it('step 10, a lock that holds up every ALTER USER: held after a bounded time, and logins never wait long', async () => {
        const { B } = site.users;
        let locker: Connection | undefined;
        const { dbname, ...noSchema } = (await snapshot(site)).admin;
        expect(dbname).to.be.a('string');
        await putSecret(site, site.adminSecretId, JSON.stringify(noSchema));
        let since = 0;
        const canary = site.canary();
        const started = performance.now();
        const result = await runPaused(site, 'database: ALTER USER of slot B', 'before', async () => {
          locker = await adminConnection();
          await locker.query('FLUSH TABLES WITH READ LOCK');
          since = generalLog(lab).length;
        }).finally(() => locker?.destroy());
        expect(generalLog(lab).slice(since).join('\n')).not.to.include('ALTER USER');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.join('\n')).to.equal(0);
        expectCode(result, 12);
        expect(result.stderr, result.stderr)
          .to.include('Step 10')
          .and.to.include(`OpenEMR runs on ${site.users.A}`);
        // A few tries of 3 s, their pauses, and the rest of a rotation on a busy machine.
        expect(performance.now() - started).to.be.lessThan(180_000);
        expect((await snapshot(site)).active).to.equal('A');
        expect(await site.canLogin(B, (await snapshot(site)).B.password)).to.equal(true);
      });

      it('the next run finishes what was held, with the password that was stored for it', async () => {
        const text = await secretUnder(site, site.slotSecretId, 'CREDENTIAL_ROTATION_RENEWED');
        expectCode(await run(site), 0);
        const after = await expectHealthy(site, 'A');
        const stored = JSON.parse(text ?? '{}') as { B: { password: string } };
        expect(after.B.password === stored.B.password).to.equal(true);
      });
    });

    async function secondServer(): Promise<{
      port: number;
      root: Lab['database']['root'];
      stop: () => Promise<void>;
    }> {
      const folder = path.join(lab.folder, 'second');
      const processes = new Processes(folder, false);
      const own = path.dirname(lab.database.caFile);
      const certificates = Promise.resolve({
        caFile: lab.database.caFile,
        serverCertificate: path.join(own, 'server.pem'),
        serverKey: path.join(own, 'server.key'),
        serviceAccountKey: path.join(own, 'service-account.key'),
      });
      const server = await startDatabase(database, {
        tools: tools(),
        processes,
        certificates,
        address: '127.0.0.1',
        folder,
      });
      return {
        port: server.port,
        root: (sql, values) => server.root(sql, values),
        stop: async () => {
          await server.close();
          await processes.stop();
        },
      };
    }

    /** A global lock takes a right that the admin lacks. */
    function rootSocket(): string {
      return path.join(path.dirname(lab.database.generalLogFile), 's');
    }

    async function adminConnection(): Promise<Connection> {
      const { admin } = await snapshot(site);
      return connectAs(lab, admin);
    }

    /** As many connections as the server takes, by lowering its limit; lifted again by `release`. */
    async function fillConnections(): Promise<{ release: () => Promise<void> }> {
      const rows = await root('SELECT @@GLOBAL.max_connections AS most');
      const { most } = rows[0] as { most: number };
      await root('SET GLOBAL max_connections = 10');
      const held: Connection[] = [];
      try {
        for (let left = 30; left > 0; left -= 1) held.push(await adminConnection());
      } catch {
        // The server is full.
      }
      return {
        release: async () => {
          await root(`SET GLOBAL max_connections = ${most}`);
          held.splice(0).forEach((connection) => connection.destroy());
        },
      };
    }

    /** Counts our connections, which name themselves, every 20 ms; gives the most at once. */
    function watchConnections(): () => Promise<number> {
      if (database !== 'mysql') return async () => 0;
      let most = 0;
      let ended = false;
      const watching = (async () => {
        while (!ended) {
          const rows = await root(
            "SELECT COUNT(*) AS now FROM performance_schema.session_connect_attrs WHERE ATTR_NAME = 'program_name' AND ATTR_VALUE = ?",
            [programName],
          );
          most = Math.max(most, (rows[0] as { now: number }).now);
          await letPass(20, 'between two counts');
        }
      })();
      return async () => {
        ended = true;
        await watching;
        return most;
      };
    }
  });
}
