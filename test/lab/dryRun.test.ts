import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { STARTING_POINTS } from '../../lab';
import { runWithFault } from '../faults/sweep';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { labelsOf, writeRequests } from './support/secrets';
import { Writes } from './support/writes';
import { dropDefaultUsers, expectCode, expectNoSecret, leftOnDisk, snapshot } from './support/world';

for (const database of databases) {
  describe(`dry run (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    after(() => site.remove());

    it('shows the plan with masked values and writes nothing anywhere', async () => {
      const before = await snapshot(site);
      const versions = await labelsOf(site);
      const since = lab.aws.requests().length;
      const writes = new Writes(lab, site);
      const result = await run(site, ['--dry-run']);
      expectCode(result, 0);
      expect(result.stdout).to.include('Would rotate: OpenEMR moves from slot A to slot B');
      expect(result.stdout)
        .to.include(`+ sqlconf.php $login = '${before.B.username}'`)
        .and.to.include("$pass = '********'");
      expect(await writes.found()).to.deep.equal([]);
      const asked = writeRequests(lab, site, since);
      expect(asked.map(({ secretId, action, error }) => [secretId, action, error])).to.have.deep.members(
        [site.slotSecretId, site.adminSecretId].flatMap((secret) => [
          [secret, 'PutSecretValue', 'ResourceExistsException'],
          [secret, 'UpdateSecretVersionStage', 'InvalidParameterException'],
        ]),
        'only the probes of the rights, each refused',
      );
      expect(await labelsOf(site), 'versions and labels').to.deep.equal(versions);
      expect(await snapshot(site)).to.deep.equal(before);
      expect(leftOnDisk(site), 'no state, no stack').to.satisfy((files: Record<string, string>) =>
        Object.keys(files).every((file) => !file.includes('/stacks/')),
      );
      expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr, ...leftOnDisk(site) });
    });

    for (const start of STARTING_POINTS.filter((each) => each !== 'a-active')) {
      it(`from ${start}: writes nothing anywhere either${longUnless(start === 'bootstrap')}`, async () => {
        const other = await lab.createSite({ start });
        try {
          const before = { world: await snapshot(other), labels: await labelsOf(other) };
          const writes = new Writes(lab, other);
          expectCode(await run(other, ['--dry-run']), 0);
          expectCode(await run(other, ['--dry-run', '--sync-db-users']), 0);
          expect(await writes.found()).to.deep.equal([]);
          expect({ world: await snapshot(other), labels: await labelsOf(other) }).to.deep.equal(before);
        } finally {
          await other.remove();
          await dropDefaultUsers(lab);
        }
      });
    }

    // The state does not know the kind of database.
    if (database === 'mysql')
      it('of a rotation that is held: writes nothing anywhere either, and the next run finishes', async () => {
        const other = await lab.createSite();
        try {
          const killed = await runWithFault(other, { point: 'file: rename', mode: 'kill-after' });
          expect(killed.signal).to.equal('SIGKILL');
          const before = {
            world: await snapshot(other),
            labels: await labelsOf(other),
            left: leftOnDisk(other),
          };
          const writes = new Writes(lab, other);
          expectCode(await run(other, ['--dry-run']), 0);
          expect(await writes.found()).to.deep.equal([]);
          const after = {
            world: await snapshot(other),
            labels: await labelsOf(other),
            left: leftOnDisk(other),
          };
          expect(stateOf(after.left)).to.deep.equal(stateOf(before.left));
          expect({ ...after, left: {} }).to.deep.equal({ ...before, left: {} });
          expectCode(await run(other), 0);
        } finally {
          await other.remove();
        }
      });

    it('knows the rights that the admin has by a role, as the master user of RDS, and misses those that it lacks', async () => {
      const { admin } = await snapshot(site);
      const role = `role_${site.name}`;
      await lab.database.root(`CREATE ROLE ${role}`);
      await lab.database.root(`GRANT CREATE USER, PROCESS ON *.* TO ${role}`);
      await lab.database.root("REVOKE CREATE USER, PROCESS ON *.* FROM ?@'%'", [admin.username]);
      const lacking = await run(site, ['--dry-run']);
      expectCode(lacking, 3);
      expect(lacking.stdout).to.include('lacks CREATE USER').and.to.include('lacks PROCESS');
      await lab.database.root(`GRANT ${role} TO ?@'%'`, [admin.username]);
      await lab.database.root(
        database === 'mysql' ? `SET DEFAULT ROLE ${role} TO ?@'%'` : `SET DEFAULT ROLE ${role} FOR ?@'%'`,
        [admin.username],
      );
      expectCode(await run(site, ['--dry-run']), 0);
      await lab.database.root("GRANT CREATE USER, PROCESS ON *.* TO ?@'%'", [admin.username]);
      await lab.database.root(`DROP ROLE ${role}`);
    });

    it('tells what the admin would give and may not, and so does a rotation before it changes anything', async () => {
      const { admin, B, file } = await snapshot(site);
      const onSchema = `ON \`${file.dbase}\`.*`;
      await lab.database.root(`REVOKE ALL PRIVILEGES ${onSchema} FROM ?@'%'`, [B.username]);
      for (const place of ['ON *.*', onSchema])
        await lab.database.root(`REVOKE GRANT OPTION ${place} FROM ?@'%'`, [admin.username]);
      const before = await snapshot(site);
      for (const args of [['--dry-run'], []]) {
        const lacking = await run(site, args);
        expectCode(lacking, 3);
        expect(lacking.stdout + lacking.stderr)
          .to.match(/may not run GRANT ALL PRIVILEGES ON \S+ TO/)
          .and.to.include('lacks GRANT OPTION');
      }
      expect(await snapshot(site)).to.deep.equal(before);
      for (const place of ['ON *.*', onSchema])
        await lab.database.root(`GRANT USAGE ${place} TO ?@'%' WITH GRANT OPTION`, [admin.username]);
      expectCode(await run(site, ['--dry-run']), 0);
    });

    it('tells each right that is missing, with exit code 3, before a rotation would use it', async () => {
      const before = await snapshot(site);
      const restricted = await run(site, ['--dry-run', '--deployment', 'another-deployment']);
      expectCode(restricted, 3);
      expect(restricted.stdout)
        .to.match(/RBAC does not allow "get" on deployments \S+another-deployment/)
        .and.to.match(/"patch" on deployments/);
      expect(await snapshot(site)).to.deep.equal(before);
    });
  });
}

/** The state's own files, of all that is left on disk. */
function stateOf(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([file]) => /\/stacks\/.*\.json$/.test(file)));
}
