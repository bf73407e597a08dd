import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

/** Defaults of a server that are legal, and that a session of ours must not depend on; each with its value before. */
const odd: Record<string, string> = {
  autocommit: '0',
  sql_mode: "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE'",
  wait_timeout: '3',
  interactive_timeout: '3',
  init_connect: "'SET SESSION autocommit = 0'",
};

for (const database of databases) {
  describe(`a server with defaults of its own, and an admin whose rights come by a role (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    const root = (sql: string, values: unknown[] = []): Promise<unknown[]> => lab.database.root(sql, values);
    let usual: Record<string, unknown>[] = [];

    const makeOdd = async (): Promise<void> => {
      const names = Object.keys(odd).map((name) => `'${name}'`);
      usual = (await root(
        `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.join(', ')})`,
      )) as typeof usual;
      for (const [name, value] of Object.entries(odd)) await root(`SET GLOBAL ${name} = ${value}`);
    };
    const putBack = async (): Promise<void> => {
      for (const row of usual) {
        const [name, value] = [String(row['Variable_name']), String(row['Value'])];
        const plain = name === 'autocommit' || /timeout/.test(name);
        await root(`SET GLOBAL ${name} = ${plain ? value : `'${value}'`}`);
      }
    };

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      await makeOdd();
    });
    after(async () => {
      await putBack();
      await root("DROP ROLE IF EXISTS 'rotation_admin'");
      await site.remove();
    });

    it('rotates; the standby gets the password rules of the active, and the role’s rights count', async () => {
      const { A, B, admin } = await snapshot(site);
      const rules = database === 'mysql' ? ' PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 30 DAY' : '';
      await root(`ALTER USER ?@'%' PASSWORD EXPIRE INTERVAL 200 DAY${rules}`, [A.username]);
      await root("CREATE ROLE 'rotation_admin'; GRANT CREATE USER, PROCESS ON *.* TO 'rotation_admin'");
      await root("GRANT 'rotation_admin' TO ?@'%'; REVOKE CREATE USER, PROCESS ON *.* FROM ?@'%'", [
        admin.username,
        admin.username,
      ]);
      const canary = site.canary();
      const result = await run(site);
      expectCode(result, 0);
      await expectHealthy(site, 'B');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
      const [row] = (await root(`SHOW CREATE USER ?@'%'`, [B.username])) as Record<string, unknown>[];
      expect(Object.values(row ?? {}).join(' '))
        .to.include('PASSWORD EXPIRE INTERVAL 200 DAY')
        .and.to.include(rules.trim());
    });
  });
}
