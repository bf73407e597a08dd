import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Check } from '../../src/inspect/verify/check';
import { runPaused } from '../faults/sweep';
import { makeKey } from './support/backends';
import { Cluster } from './support/cluster';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { setKey } from './support/secrets';
import { alterPassword, expectCode, expectNoSecret, leftOnDisk, snapshot } from './support/world';
import { Writes } from './support/writes';

type Changes = Record<string, string | undefined>;

for (const database of databases.slice(0, 1)) {
  describe(`verify (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    after(() => site.remove());

    async function verify(args: string[] = [], changes: Changes = {}): Promise<Run> {
      const result = await run(site, ['verify', ...args], changes);
      expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr });
      return result;
    }

    /** What is missing, with its detail, by title; a missing right alone makes the exit code 3. */
    async function missing(
      args: string[] = [],
      changes: Changes = {},
      code = 3,
    ): Promise<Record<string, string>> {
      const result = await verify([...args, '--json'], changes);
      expectCode(result, code);
      const { checks } = JSON.parse(result.stdout) as { checks: Check[] };
      const found = checks.filter(({ state }) => state === 'missing');
      return Object.fromEntries(found.map(({ title, detail }) => [title, detail ?? '']));
    }

    it('all is there: every line has ✓, or says why it was not checked, and no write takes effect', async () => {
      const before = await snapshot(site);
      const files = Object.keys(leftOnDisk(site));
      const writes = new Writes(lab, site);
      const result = await verify();
      expectCode(result, 0);
      expect(result.stdout).to.match(/^✓ A rotation has everything that it needs\.\n/);
      expect(result.stdout).not.to.include('✗');
      for (const line of [
        '✓ plugin kubernetes',
        `✓ may patch secrets ${site.kubernetesSecret}`,
        '· may create leases',
        '✓ both secrets can be written',
        `✓ alias/aws/secretsmanager opens ${site.slotSecretId} and ${site.adminSecretId}`,
        `✓ alias/aws/secretsmanager encrypts new versions of ${site.slotSecretId} and ${site.adminSecretId}`,
        '✓ the admin has the privileges, both accounts match, and the server accepts writes',
        '✓ the health page is good',
        '✓ no rotation is running',
        '? the state can be read',
      ])
        expect(result.stdout).to.include(line);
      expect(await writes.found()).to.deep.equal([]);
      expect(await snapshot(site)).to.deep.equal(before);
      expect(Object.keys(leftOnDisk(site)), 'state and home').to.deep.equal(files);
    });

    it('names a missing engine, missing rights, a bad health page', async () => {
      const found = await missing(['--deployment', 'another'], {
        CREDENTIAL_ROTATION_ENGINE_ROOT: path.join(site.folder, 'no-engine'),
        OPENEMR_HEALTHCHECK_URL: site.healthUrl.replace('readyz', 'nothing'),
      });
      expect(found['the pulumi CLI is new enough']).to.include('The pulumi CLI is not found');
      expect(Object.keys(found)).to.include.members([
        'may get deployments another',
        'may patch deployments another',
        'Deployment can be read',
        'the health page is good',
      ]);
    });

    it('names missing plugins, an admin without privileges, secrets that may not be written', async () => {
      const { admin } = await snapshot(site);
      const home = path.join(site.folder, 'empty-pulumi-home');
      mkdirSync(home);
      const respond = { status: 400, type: 'AccessDeniedException', message: 'no' };
      const denied = lab.aws.fault({ action: 'PutSecretValue', when: 'before', respond });
      await lab.database.root("REVOKE CREATE USER ON *.* FROM ?@'%'", [admin.username]);
      const found = await missing([], { PULUMI_HOME: home });
      await lab.database.root("GRANT CREATE USER ON *.* TO ?@'%'", [admin.username]);
      denied();
      expect(found['plugin aws']).to.match(/run pulumi plugin install resource aws \d/);
      expect(found).to.include.keys('plugin random', 'plugin kubernetes');
      const rights = 'the admin has the privileges, both accounts match, and the server accepts writes';
      expect(found[rights]).to.include('lacks CREATE USER');
      expect(found['both secrets can be written']).to.include('PutSecretValue');
    });

    it('names a file that cannot be changed safely: exit 2', async () => {
      const file = readFileSync(site.sqlconfFile, 'utf8');
      writeFileSync(
        site.sqlconfFile,
        file.replace(/\$host\s*=\s*'[^']*'/, "$host = getenv('DATABASE_HOST')"),
      );
      const found = await missing([], {}, 2);
      writeFileSync(site.sqlconfFile, file);
      expect(found['can be read, with plain values']).to.include('cannot be changed safely');
    });

    it('names each KMS key: of a customer key only a refusal shows that it does not seal', async () => {
      const keyId = await makeKey(lab);
      await setKey(site, site.slotSecretId, keyId);
      const seals = `${keyId} encrypts new versions of ${site.slotSecretId}`;
      const { stdout } = await verify();
      for (const line of [
        `✓ ${keyId} opens ${site.slotSecretId}: kms:Decrypt, as the successful read shows`,
        `? ${seals}: No refusal was seen`,
        `✓ alias/aws/secretsmanager opens ${site.adminSecretId}`,
      ])
        expect(stdout).to.include(line);
      const respond = { status: 400, type: 'AccessDeniedException', message: 'Access to KMS is not allowed' };
      const { slotSecretId: secretId } = site;
      const sealed = lab.aws.fault({ action: 'PutSecretValue', secretId, when: 'before', respond });
      const found = await missing();
      sealed();
      expect(found[seals]).to.include('allow kms:Decrypt and kms:GenerateDataKey');
      const opened = lab.aws.fault({ action: 'GetSecretValue', secretId, when: 'before', respond });
      expect(await missing()).to.include.keys(`${keyId} opens ${site.slotSecretId}`);
      opened();
    });

    it('names an engine that is too old: exit 2', async () => {
      const root = path.join(site.folder, 'old-engine');
      mkdirSync(path.join(root, 'bin'), { recursive: true });
      writeFileSync(path.join(root, 'bin', 'pulumi'), '#!/bin/sh\necho v3.100.0\n', { mode: 0o755 });
      const found = await missing([], { CREDENTIAL_ROTATION_ENGINE_ROOT: root }, 2);
      expect(found['the pulumi CLI is new enough']).to.match(/is 3\.100\.0; install 3\.250\.0 or newer/);
    });

    it('names a reader endpoint: exit 2', async () => {
      await lab.database.root(`SET GLOBAL ${database === 'mysql' ? 'super_read_only' : 'read_only'} = ON`);
      const found = await missing([], {}, 2).finally(() => lab.database.root('SET GLOBAL read_only = OFF'));
      expect(Object.values(found).join()).to.include('is read-only: a reader endpoint');
    });

    it('a standby that is refused is told and stops nothing; a live login that is refused stops all: exit 2', async () => {
      const { A, B } = await snapshot(site);
      await alterPassword(lab, B.username, 'Drifted-away-1234');
      const standby = await verify();
      expectCode(standby, 0);
      expect(standby.stdout).to.match(/· slot B logs in: .*refuses; a rotation sets it/);
      await alterPassword(lab, A.username, 'Drifted-away-1234');
      const found = await missing([], {}, 2);
      expect(found['the login of sqlconf.php works']).to.include(`The database refuses ${A.username}`);
      for (const { username, password } of [A, B]) await alterPassword(lab, username, password);
    });

    it('refuses bad settings with exit code 2 before any check', async () => {
      const result = await verify([], { AWS_REGION: undefined });
      expectCode(result, 2);
      expect(result.stderr).to.include('AWS_REGION');
    });

    it('config show tells where each setting comes from, also when one is missing', async () => {
      const shown = await run(site, ['config', 'show', '--origin', '--stack', 'elsewhere']);
      expectCode(shown, 0);
      expect(shown.stdout).to.match(/^CREDENTIAL_ROTATION_STACK +elsewhere +flag --stack$/m);
      expect(shown.stdout).to.match(/^K8S_NAMESPACE +\S+ +environment$/m);
      expect(shown.stdout).not.to.include(site.environment['PULUMI_CONFIG_PASSPHRASE']);
      const lacking = await run(site, ['config', 'show'], { AWS_REGION: undefined });
      expectCode(lacking, 2);
      expect(lacking.stdout)
        .to.match(/^AWS_REGION +\(missing\)$/m)
        .and.to.include('✗ AWS_REGION');
    });

    it('a run that holds the lock: exit 11; after it another passphrase: exit 2', async () => {
      let found: Record<string, string> = {};
      const ended = await runPaused(site, 'file: rename', 'before', async () => {
        found = await missing([], {}, 11);
      });
      expectCode(ended, 0);
      expect(found['no rotation is running']).to.include('holds the lock; wait until that run ends');
      const closed = await missing([], { PULUMI_CONFIG_PASSPHRASE: 'another' }, 2);
      expect(closed['the state can be read, and its passphrase or key is right']).to.include('does not open');
      const open = await verify();
      expectCode(open, 0);
      expect(open.stdout).to.include(
        '✓ the state can be read, and its passphrase or key is right: last change',
      );
    });

    it('names a rollout that failed: exit 4', async () => {
      const cluster = new Cluster(lab, site);
      await site.podFault('never-ready', { rollouts: 1 });
      const template = { metadata: { annotations: { 'lab/release': '2' } } };
      await cluster.patchDeployment({ spec: { progressDeadlineSeconds: 2, template } });
      cluster.close();
      const title = 'Deployment is healthy';
      let found: Record<string, string> = {};
      for (let tries = 0; tries < 20 && !/timed out/.test(found[title] ?? ''); tries += 1)
        found = await missing([], {}, 4);
      expect(found[title]).to.match(/^Deployment \S+: .*timed out/);
      expect(found['nothing prevents a restart']).to.match(/is stuck: .*timed out.*; fix that/);
    });
  });
}
