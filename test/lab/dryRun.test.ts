import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { labelsOf, tookEffect, writeRequests } from './support/secrets';
import { expectCode, expectNoSecret, leftOnDisk, snapshot } from './support/world';

/** Statements that change nothing: logins, reads, and session settings of the connection itself. */
const harmless = /^(SELECT|SHOW|SET (SESSION|NAMES|sql_mode|@@SESSION)|USE)\b/i;

for (const database of databases) {
  describe(`dry run (${database})`, function () {
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
      const logs = {
        database: linesOf(lab.database.generalLogFile).length,
        audit: linesOf(lab.kubernetes.auditLogFile).length,
        aws: lab.aws.requests().length,
      };
      const result = await run(site, ['--dry-run']);
      expectCode(result, 0);
      expect(result.stdout).to.include('Would rotate: OpenEMR moves from slot A to slot B');
      expect(result.stdout)
        .to.include(`+ sqlconf.php $login = '${before.B.username}'`)
        .and.to.include("$pass = '********'");
      expect(writesToDatabase(lab, logs.database)).to.deep.equal([]);
      const asked = writeRequests(lab, site, logs.aws);
      expect(asked.filter(tookEffect)).to.deep.equal([]);
      expect(asked.map(({ secretId, action, error }) => [secretId, action, error])).to.have.deep.members(
        [site.slotSecretId, site.adminSecretId].flatMap((secret) => [
          [secret, 'PutSecretValue', 'ResourceExistsException'],
          [secret, 'UpdateSecretVersionStage', 'InvalidParameterException'],
        ]),
        'only the probes of the rights, each refused',
      );
      expect(await labelsOf(site), 'versions and labels').to.deep.equal(versions);
      expect(writesToKubernetes(lab, site, logs.audit)).to.deep.equal([]);
      expect(await snapshot(site)).to.deep.equal(before);
      expect(leftOnDisk(site), 'no state, no stack').to.satisfy((files: Record<string, string>) =>
        Object.keys(files).every((file) => !file.includes('/stacks/')),
      );
      expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr, ...leftOnDisk(site) });
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

function linesOf(file: string): string[] {
  return readFileSync(file, 'latin1').split('\n');
}

/** Queries in the general log since a line that are not reads. The pods of the lab write too: their inserts do not count. */
function writesToDatabase(lab: Lab, since: number): string[] {
  const queries = linesOf(lab.database.generalLogFile)
    .slice(since)
    .map((line) => /\bQuery\t(.*)$/.exec(line)?.[1])
    .filter((query) => query !== undefined);
  return queries.filter(
    (query) => !harmless.test(query.trim()) && !/^INSERT INTO `?log`?/i.test(query.trim()),
  );
}

interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string };
  objectRef?: { namespace?: string; resource?: string };
}

/** Requests of the rotation's own user that persist something: neither reads, nor dry runs, nor access reviews. */
function writesToKubernetes(lab: Lab, site: Site, since: number): string[] {
  const events = linesOf(lab.kubernetes.auditLogFile)
    .slice(since)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);
  const ours = events.filter(({ user }) =>
    user.username.startsWith(`system:serviceaccount:${site.namespace}:`),
  );
  expect(ours, 'the rotation reads Kubernetes as itself').not.to.deep.equal([]);
  return ours
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .filter(
      ({ requestURI, objectRef }) =>
        !requestURI.includes('dryRun=All') && objectRef?.resource !== 'selfsubjectaccessreviews',
    )
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}
