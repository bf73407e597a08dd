import { expect } from 'chai';
import type { Lab } from '../../lab';
import { accountFindings } from '../../src/steps/04-users/preflight';
import type { PlannedRotation, RotationPlan } from '../../src/rotation/rotationPlan';
import { accountsNamed, createAccount } from '../../src/mysql/accounts';
import type { Comparison, WantedAccount } from '../../src/mysql/comparison';
import { compareAccount } from '../../src/mysql/comparison';
import type { Session } from '../../src/mysql/database';
import { openSession, tryLogin } from '../../src/mysql/database';
import type { Expiry } from '../../src/mysql/expiry';
import { expiryOf } from '../../src/mysql/expiry';
import { clausesLike, isLevel } from '../../src/mysql/parity';
import { connectAs } from './support/database';
import { databases, labWith } from './support/labs';

const password = 'Parity-of-accounts-0123456789';
/** Each character that a statement could trip over. */
const oddName = 'o\'b"`%_?\\';

for (const database of databases) {
  describe(`accounts are brought up to the active one (${database})`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let admin: Session;
    const created: string[] = [];
    const root = (sql: string, values: unknown[] = []): Promise<unknown[]> => lab.database.root(sql, values);

    before(async () => {
      lab = await labWith(database);
      const { host, port, caFile } = lab.database;
      await make('parity_admin', '');
      await root("GRANT ALL PRIVILEGES ON *.* TO parity_admin@'%' WITH GRANT OPTION");
      await root('CREATE DATABASE parity_emr; CREATE TABLE parity_emr.t (a INT, b INT, c INT)');
      await root('CREATE PROCEDURE parity_emr.p() SELECT 1');
      const login = { host, port: String(port), username: 'parity_admin', password, dbname: '' };
      admin = await openSession(login, { caFile });
      await admin.query('CREATE ROLE parity_reader');
      await admin.query('CREATE ROLE parity_writer');
    });
    afterEach(async () => {
      for (const username of created.filter((name) => name !== 'parity_admin'))
        await root("DROP USER IF EXISTS ?@'%', ?@'10.%'", [username, username]);
    });
    after(async () => {
      await admin.close();
      await root("DROP ROLE parity_reader, parity_writer; DROP USER parity_admin@'%'");
      await root('DROP DATABASE parity_emr');
    });

    async function make(username: string, clauses: string, host = '%'): Promise<void> {
      created.push(username);
      await root(`CREATE USER ?@? IDENTIFIED BY ? ${clauses}`, [username, host, password]);
    }

    const like = (username: string, model: string): WantedAccount => ({
      username,
      dbname: 'parity_emr',
      like: model,
      inUse: model,
    });

    /** What a rotation does, with the statements that a dry run shows. */
    async function bringUp(wanted: WantedAccount): Promise<Comparison> {
      const compared = await compareAccount(admin, wanted);
      const { account, name, model, parity } = compared;
      created.push(wanted.username);
      if (!account) await createAccount(admin, name, clausesLike(model.account), password);
      for (const statement of [...parity.alter, ...parity.grant]) await admin.query(statement);
      return compared;
    }

    async function grantsOf(username: string): Promise<string[]> {
      const rows = await root("SHOW GRANTS FOR ?@'%'", [username]);
      const lines = rows.map((row) => String(Object.values(row as object)[0]));
      return lines.map((line) => line.replaceAll(`\`${username}\`@`, '')).sort();
    }

    async function giveAll(username: string): Promise<void> {
      const grants = [
        'GRANT PROCESS ON *.* TO',
        database === 'mysql' ? 'GRANT XA_RECOVER_ADMIN ON *.* TO' : 'GRANT BINLOG MONITOR ON *.* TO',
        'GRANT SELECT, INSERT ON `parity\\_emr`.* TO',
        'GRANT SELECT (c, a), UPDATE (b) ON parity_emr.t TO',
        'GRANT EXECUTE ON PROCEDURE parity_emr.p TO',
        'GRANT parity_writer TO',
      ];
      // By the one who made the roles: a MariaDB hands out no others.
      for (const grant of grants) await admin.query(`${grant} ?@'%'`, [username]);
      await admin.query("GRANT parity_reader TO ?@'%' WITH ADMIN OPTION", [username]);
      await admin.query(`SET DEFAULT ROLE parity_writer ${database === 'mysql' ? 'TO' : 'FOR'} ?@'%'`, [
        username,
      ]);
    }

    it('a new account has its model’s grants, columns, routines, roles, default role, requirement and limits', async () => {
      await make('parity_a', 'REQUIRE SSL WITH MAX_USER_CONNECTIONS 20');
      await giveAll('parity_a');
      await bringUp(like('parity_b', 'parity_a'));
      expect(await grantsOf('parity_b')).to.deep.equal(await grantsOf('parity_a'));
      const { account, parity } = await compareAccount(admin, like('parity_b', 'parity_a'));
      expect(isLevel(parity), 'nothing is left to do').to.equal(true);
      expect(account).to.deep.include({
        host: '%',
        requirement: { type: 'ANY', cipher: '', issuer: '', subject: '' },
      });
      expect(account?.limits.max_user_connections).to.equal(20);
      expect(await activeRoleOf('parity_b')).to.include('parity_writer');
    });

    it('an account that exists gets what it lacks, and keeps what it has', async () => {
      await make('parity_a', 'REQUIRE SSL');
      await giveAll('parity_a');
      await make('parity_b', 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 3');
      await admin.query("GRANT SELECT, DELETE ON `parity\\_emr`.* TO parity_b@'%'");
      await admin.query("GRANT parity_reader TO parity_b@'%'");
      const { parity } = await bringUp(like('parity_b', 'parity_a'));
      expect(parity.alter).to.deep.equal([
        'ALTER USER `parity_b`@`%` REQUIRE SSL WITH MAX_USER_CONNECTIONS 0',
      ]);
      expect(parity.grant).to.include('GRANT INSERT ON `parity\\_emr`.* TO `parity_b`@`%`');
      expect(isLevel((await compareAccount(admin, like('parity_b', 'parity_a'))).parity)).to.equal(true);
      expect((await grantsOf('parity_b')).join()).to.include('DELETE');
    });

    it('a stricter, a locked and an ambiguous account are refused with a statement that mends them', async () => {
      await make('parity_a', 'REQUIRE NONE');
      await make('parity_b', 'REQUIRE SSL');
      await root("ALTER USER parity_b@'%' ACCOUNT LOCK");
      const { parity } = await compareAccount(admin, like('parity_b', 'parity_a'));
      const mend = parity.problems.map((problem) => /run (.*)\.$/.exec(problem)?.[1] ?? '');
      expect(mend).to.deep.equal([
        'ALTER USER `parity_b`@`%` ACCOUNT UNLOCK',
        'ALTER USER `parity_b`@`%` REQUIRE NONE',
      ]);
      for (const statement of mend) await root(statement);
      expect((await compareAccount(admin, like('parity_b', 'parity_a'))).parity.problems).to.deep.equal([]);
      await make('parity_b', '', '10.%');
      const refused = await compareAccount(admin, like('parity_b', 'parity_a')).catch(
        (error: unknown) => error,
      );
      expect(String(refused)).to.include('several hosts').and.to.include('DROP USER `parity_b`@`10.%`');
    });

    it('the age of a password is read, and when it expires', async () => {
      await make('parity_a', '');
      const account = { username: 'parity_a', host: '%' };
      const sixtyDaysAgo =
        database === 'mysql'
          ? "UPDATE mysql.user SET password_last_changed = NOW() - INTERVAL 60 DAY WHERE User = 'parity_a'"
          : "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.password_last_changed', UNIX_TIMESTAMP() - 60 * 86400) WHERE User = 'parity_a'";
      await root("ALTER USER parity_a@'%' PASSWORD EXPIRE INTERVAL 90 DAY");
      await root(sixtyDaysAgo);
      const read = async (): Promise<Expiry | undefined> => {
        const [found] = await accountsNamed(admin, 'parity_a');
        return expiryOf(admin, account, found?.passwordRules.lifetime);
      };
      expect(await read()).to.deep.equal({ lifetime: 90, age: 60 });
      await root("ALTER USER parity_a@'%' PASSWORD EXPIRE NEVER");
      expect(await read()).to.equal(undefined);
    });

    it('a bootstrap makes users like the one in use, with rights on the schema alone, and tells how to ask for TLS later', async () => {
      await make('parity_installer', 'REQUIRE NONE WITH MAX_USER_CONNECTIONS 9', '10.%');
      await admin.query("GRANT ALL PRIVILEGES ON *.* TO parity_installer@'10.%'");
      const { differences, problems, notices } = await accountFindings(bootstrapPlan(), admin, () =>
        Promise.resolve(false),
      );
      expect(problems).to.deep.equal([]);
      const lines = differences.filter((line) => line.startsWith('user-a'));
      expect(lines).to.have.lengthOf(2);
      expect(lines[0])
        .to.match(/^user-a: \+ CREATE USER `parity_a`@`10\.%` IDENTIFIED.* BY '\*{8}'/)
        .and.to.include('REQUIRE NONE WITH MAX_USER_CONNECTIONS 9 (as parity_installer)');
      expect(lines[1]).to.include('GRANT ALL PRIVILEGES ON `parity\\_emr`.* TO `parity_a`@`10.%`');
      expect(notices).to.have.lengthOf(2);
      expect(notices[0])
        .to.include('slot A is let in without TLS, too, as parity_installer is')
        .and.to.include('run ALTER USER `parity_a`@`10.%` REQUIRE SSL');
    });

    it('names that look like SQL stay names: the account, its host, and a schema with every odd character', async () => {
      const schema = 'we?i`r\'d\\_%"';
      const { host, port, caFile } = lab.database;
      await root('CREATE DATABASE ??', [schema]);
      try {
        await make(oddName, 'REQUIRE SSL');
        await bringUp({ username: oddName, dbname: schema, inUse: oddName });
        const other = `${oddName}; DROP`;
        await bringUp({ username: other, dbname: schema, like: oddName, inUse: oddName });
        for (const username of [oddName, other]) {
          const login = { host, port: String(port), username, password, dbname: schema };
          expect(await tryLogin(login, { caFile }), `${username} reaches its schema`).to.equal('works');
        }
        const level = await compareAccount(admin, { username: other, dbname: schema, inUse: oddName });
        expect(isLevel(level.parity)).to.equal(true);
        expect(level.foreignSchema).to.equal(undefined);
      } finally {
        await root('DROP DATABASE ??', [schema]);
      }
    });

    it('an expired account counts as one that does not log in, so that its password is set again', async () => {
      const { host, port, caFile } = lab.database;
      await make('parity_b', '');
      await root("ALTER USER parity_b@'%' PASSWORD EXPIRE");
      const login = { host, port: String(port), username: 'parity_b', password, dbname: '' };
      expect(await tryLogin(login, { caFile })).to.equal('denied');
    });

    /** The parts of a bootstrap's plan that the accounts are compared by. */
    function bootstrapPlan(): PlannedRotation {
      const login = (username: string) => ({ username, host: 'db', port: '3306', dbname: 'parity_emr' });
      const before = { sqlconf: { ...login('parity_installer'), password }, kubernetesSecret: {} };
      const logins = { A: login('parity_a'), B: login('parity_b') };
      const plan = { kind: 'bootstrap', from: 'other', mint: ['A', 'B'] } as unknown as RotationPlan;
      return { plan, material: { slotDocument: '{}', before, logins } };
    }

    async function activeRoleOf(username: string): Promise<string> {
      const connection = await connectAs(lab, { username, password });
      const [rows] = await connection.query('SELECT CURRENT_ROLE() AS role');
      await connection.end();
      return JSON.stringify(rows);
    }
  });
}
