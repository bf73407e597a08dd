import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runPaused } from '../faults/sweep';
import type { Run } from './support/command';
import { run } from './support/command';
import { lockName } from '../../src/mysql/lock';
import { connectAs, generalLog } from './support/database';
import { databases, labWith } from './support/labs';
import { arnOf } from './support/secrets';
import { dropDefaultUsers, expectCode, expectHealthy, snapshot } from './support/world';
import { Writes } from './support/writes';

// What differs between the databases is in startingPoints.test.ts and accountParity.test.ts.
for (const database of databases.slice(0, 1)) {
  describe(`other commands and odd values (${database})`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
    });
    afterEach(async () => {
      await site.remove();
      await dropDefaultUsers(lab);
    });

    it('--sync-db-users sets a standby that drifted, and switches nothing', async () => {
      site = await lab.createSite();
      const before = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Drifted-away-1234'", [before.B.username]);
      expectCode(await run(site, ['--sync-db-users']), 0);
      const after = await expectHealthy(site, 'A');
      expect({ ...after, secret: {} }).to.deep.equal({ ...before, secret: {} });
    });

    it('--sync-db-users stores a missing password before the database learns it', async () => {
      site = await lab.createSite({ start: 'empty-standby' });
      const since = generalLog(lab).length;
      const creations = (): string[] =>
        generalLog(lab)
          .slice(since)
          .filter((line) => /CREATE USER/.test(line));
      let whenStored: string[] | undefined;
      lab.aws.fault({
        action: 'PutSecretValue',
        secretId: site.slotSecretId,
        when: 'after',
        rewrite: (body) => body,
        skip: 1, // The preflight's probe, which is refused.
        onDone: () => void (whenStored ??= creations()),
      });
      expectCode(await run(site, ['--sync-db-users']), 0);
      expect(whenStored, 'what the database was told when the password was stored').to.deep.equal([]);
      expect(creations(), 'and after that').to.have.lengthOf(1);
      await expectHealthy(site, 'A');
    });

    it('--sync-db-users lets OpenEMR in again after the database was restored with an old password', async () => {
      site = await lab.createSite();
      const before = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Restored-from-backup-1'", [before.A.username]);
      expectCode(await run(site, ['--sync-db-users']), 0);
      await expectHealthy(site, 'A');
    });

    it('--fix-permissions sets only the mode of sqlconf.php, and not while a rotation holds the lock', async () => {
      site = await lab.createSite();
      const before = await snapshot(site);
      chmodSync(site.sqlconfFile, 0o400);
      const rotation = await connectAs(lab, before.admin);
      await rotation.query('SELECT GET_LOCK(?, 5)', [lockName(await arnOf(site, site.slotSecretId))]);
      const refused = await run(site, ['--fix-permissions']);
      expectCode(refused, 11);
      expect(refused.stderr).to.include('Another rotation is running');
      expect(statSync(site.sqlconfFile).mode & 0o7777).to.equal(0o400);
      await rotation.end();
      expectCode(await run(site, ['--fix-permissions']), 0);
      expect(statSync(site.sqlconfFile).mode & 0o7777).to.equal(0o644);
      expectCode(await run(site, ['--fix-permissions=0440']), 0);
      expect(statSync(site.sqlconfFile).mode & 0o7777).to.equal(0o440);
      expect({ ...(await snapshot(site)), mode: 0 }).to.deep.equal({ ...before, mode: 0 });
    });

    it('a rotation from a password full of quotes, dollars, backslashes and UTF-8', async () => {
      site = await lab.createSite();
      const odd = `it's "odd" \\1 \${x} <?php ?> 100% ; $pass é漢`;
      const { A } = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [A.username, odd]);
      const file = readFileSync(site.sqlconfFile, 'utf8');
      chmodSync(site.sqlconfFile, 0o600);
      const literal = `'${odd.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
      writeFileSync(
        site.sqlconfFile,
        file.replace(/(\$pass\s*=\s*)'[^']*'/, (_all, start: string) => start + literal),
      );
      expect((await site.sqlconf()).pass).to.equal(odd);
      const result = await run(site);
      expectCode(result, 0);
      expect(result.stdout + result.stderr).not.to.include('odd');
      await expectHealthy(site, 'B');
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
    });

    it('two runs at once: one rotates, the other ends with exit 11, names the holder and writes nothing', async () => {
      site = await lab.createSite();
      const other = { CREDENTIAL_ROTATION_HOME: `${site.folder}/other-home` };
      let second: Run | undefined;
      let written = ['not looked for'];
      const first = await runPaused(site, 'file: rename', 'before', async () => {
        const [before, writes] = [await snapshot(site), new Writes(lab, site)];
        second = await run(site, [], other);
        written = await writes.found({ readsKubernetes: false });
        expect(await snapshot(site)).to.deep.equal(before);
      });
      expectCode(second ?? first, 11);
      expect(second?.stderr)
        .to.match(/Another rotation is running \(from .*connection \d+\)/)
        .and.to.include(`OpenEMR runs on ${site.users.A}`);
      expect(written).to.deep.equal([]);
      expectCode(first, 0);
      await expectHealthy(site, 'B');
    });
  });
}
