import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Lab } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import { repositoryText } from '../unit/docs/readme';
import { adminClient, createNamespace } from './support/jobs';
import { databases, labWith } from './support/labs';
import type { PlatformShell } from './support/platformShell';
import { inPlatform, onInfra, platformShell, withoutAsking } from './support/platformShell';
import { expectCode, expectNoSecret } from './support/world';

const [init, secret] = [inPlatform('stack init'), inPlatform('config set --secret')];

// Which database it is does not matter: none is asked.
for (const database of databases.slice(0, 1)) {
  describe('the commands of docs/platform.md, with the example’s inputs', function () {
    this.timeout(240_000);
    const password = 'the-admins-own-password';
    let lab: Lab;
    let shell: PlatformShell;

    before(async () => {
      lab = await labWith(database);
      const folder = path.join(lab.folder, 'platform-commands');
      mkdirSync(folder);
      shell = await platformShell(lab, folder);
    });

    it('stack init makes the stack of infra/Pulumi.prod.yaml', async () => {
      expectCode(await shell.run(init), 0);
      expect(shell.stackFile()).to.match(/^encryptionsalt: /m);
    });

    it('config set takes the password from stdin and encrypts it', async () => {
      expectCode(await shell.run(secret, `${password}\n`), 0);
      expect(shell.stackFile())
        .to.match(/:adminPassword:\n +secure: v1:/)
        .and.not.include(password);
    });

    it('preview shows both halves', async () => {
      const ended = await shell.run(inPlatform('preview'));
      expectCode(ended, 0);
      expect(ended.stdout)
        .to.match(/\+ 36 to create/)
        .and.match(/ \+ {2}aws:iam:RolePolicy credential-rotation create/)
        .and.match(/ \+ {2}kubernetes:batch\/v1:CronJob credential-rotation create/);
    });

    it('with a wrong input it ends with a sentence', async () => {
      expectCode(await shell.run(onInfra('config', 'set', '--path', 'kubernetes.schedule', 'daily')), 0);
      const ended = await shell.run(inPlatform('preview'));
      expect(ended.code).not.to.equal(0);
      expect(ended.stdout)
        .to.include('kubernetes.schedule is "daily"; give a cron schedule')
        .and.not.include('    at ');
      expectCode(await shell.run(onInfra('config', 'rm', '--path', 'kubernetes.schedule')), 0);
    });

    it('preview --policy-pack asks the rules, which the example keeps', async () => {
      const ended = await shell.run(inPlatform('preview --policy-pack'));
      expectCode(ended, 0);
      expect(ended.stdout)
        .to.match(/openemr-credential-rotation@/)
        .and.not.include('[mandatory]');
    });

    it('and refuses what breaks one', async () => {
      const proxy = 'http://somebody:password@proxy.example:3128';
      const key = 'kubernetes.environment.HTTPS_PROXY';
      expectCode(await shell.run(onInfra('config', 'set', '--path', key, proxy)), 0);
      const ended = await shell.run(inPlatform('preview --policy-pack'));
      expect(ended.code).not.to.equal(0);
      expect(ended.stdout).to.match(/\[mandatory\]\s+no-plain-secret\b/);
    });

    it('the password is in nothing that they said', () => {
      expectNoSecret([password], { said: JSON.stringify(shell.said) });
    });
  });

  // Each half can be made alone: here that of the cluster, with `existing` in place of `aws`.
  describe('pulumi -C infra up of docs/platform.md, with the inputs of infra/example.yaml', function () {
    this.timeout(240_000);
    const namespace = 'example-commands';
    const up = withoutAsking(inPlatform('up'));
    let lab: Lab;
    let client: KubernetesClient;
    let shell: PlatformShell;

    before(async () => {
      lab = await labWith(database);
      client = adminClient(lab);
      await createNamespace(client, namespace);
      const folder = path.join(lab.folder, namespace);
      mkdirSync(folder);
      shell = await platformShell(lab, folder);
      shell.takeInputs(parse(repositoryText('infra/example.yaml')) as Record<string, unknown>);
      expectCode(await shell.run(init), 0);
      expectCode(await shell.run(onInfra('config', 'set', 'namespace', namespace)), 0);
    });
    after(async () => {
      await shell.run(onInfra('destroy', '--yes'));
      await client.delete(`/api/v1/namespaces/${namespace}`);
      client.close();
    });

    interface CronJob {
      spec: {
        suspend: boolean;
        jobTemplate: {
          spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
        };
      };
    }
    const cronJob = (): Promise<CronJob> =>
      client.get(`/apis/batch/v1/namespaces/${namespace}/cronjobs/credential-rotation`);
    const limit = ({ spec }: CronJob): string | undefined =>
      spec.jobTemplate.spec.template.spec.containers[0]?.env.find(
        ({ name }) => name === 'CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS',
      )?.value;

    let announced: string | undefined;
    it('preview makes nothing', async () => {
      const ended = await shell.run(inPlatform('preview'));
      expectCode(ended, 0);
      announced = /\+ (\d+) to create/.exec(ended.stdout)?.[1];
      expect(Number(announced)).to.be.greaterThan(6);
      const found = await cronJob().catch((error: Error) => error.message);
      expect(found).to.match(/404|not found/i);
    });

    it('up makes the schedule, and what it needs', async () => {
      const ended = await shell.run(up);
      expectCode(ended, 0);
      expect(ended.stdout).to.include(`+ ${announced} created`);
      const made = await cronJob();
      expect(made.spec.suspend).to.equal(false);
      expect(limit(made)).to.equal('300');
    });

    it('config set --path changes an input, which the next up applies', async () => {
      expectCode(await shell.run(inPlatform('config set --path')), 0);
      const ended = await shell.run(up);
      expectCode(ended, 0);
      expect(ended.stdout).to.match(/~ .*CronJob credential-rotation updated/);
      expect(limit(await cronJob())).to.equal('1800');
    });
  });
}
