import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Lab } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import { codeBlocks, repositoryText } from '../unit/docs/readme';
import type { ShellCommand } from '../unit/docs/shell';
import { Boto } from './support/aws/boto';
import { awsVariables } from './support/backends';
import { documented } from './support/documented';
import { adminClient, createNamespace } from './support/jobs';
import { databases, labWith } from './support/labs';
import type { PlatformShell } from './support/platformShell';
import { inPlatform, platformShell, withoutAsking } from './support/platformShell';
import { expectCode } from './support/world';

const inMigration = (start: string): ShellCommand =>
  documented('docs/migration.md', `pulumi -C infra ${start}`);
const up = withoutAsking(inMigration('up'));

/** Steps 2 and 6 of docs/migration.md: `pulumi up` with the inputs that stand there, first without the cluster's half. */
describe('pulumi -C infra up of docs/migration.md, with the inputs that it shows', function () {
  this.timeout(240_000);
  const namespace = 'migration-up';
  const role = 'credential-rotation';
  const [yaml = ''] = codeBlocks('yaml', repositoryText('docs/migration.md'));
  const { sites, kubernetes, ...rest } = parse(yaml) as Record<string, unknown>;
  const aws = { ...rest, namespace };
  let lab: Lab;
  let client: KubernetesClient;
  let boto: Boto;
  let shell: PlatformShell;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    client = adminClient(lab);
    await createNamespace(client, namespace);
    boto = new Boto({ PATH: process.env['PATH'], ...awsVariables(lab) });
    // The role that is adopted, with a policy of the Python tool.
    await boto.call('iam', 'create_role', { RoleName: role, AssumeRolePolicyDocument: '{}' });
    const reads = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' };
    await boto.call('iam', 'put_role_policy', {
      RoleName: role,
      PolicyName: 'old',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [reads] }),
    });
    const folder = path.join(lab.folder, namespace);
    mkdirSync(folder);
    shell = await platformShell(lab, folder, { makesAws: true });
    shell.takeInputs(aws);
    expectCode(await shell.run(inPlatform('stack init')), 0);
  });
  after(async () => {
    boto.close();
    await client.delete(`/api/v1/namespaces/${namespace}`);
    client.close();
  });

  const policies = async (): Promise<unknown> =>
    (await boto.call('iam', 'list_role_policies', { RoleName: role }))['PolicyNames'];
  const cronJob = (): Promise<{ spec: { suspend: boolean } }> =>
    client.get(`/apis/batch/v1/namespaces/${namespace}/cronjobs/credential-rotation`);
  const absent = (): Promise<string> =>
    cronJob().then(
      () => 'there',
      (error: Error) => error.message,
    );

  it('step 2: preview announces what is new in AWS, and makes nothing', async () => {
    const ended = await shell.run(inMigration('preview'));
    expectCode(ended, 0);
    expect(ended.stdout)
      .to.match(/ \+ {2}aws:s3:Bucket /)
      .and.not.match(/ \+ {2}aws:(secretsmanager|iam:Role )|kubernetes:/);
    expect(await policies()).to.deep.equal(['old']);
  });

  it('step 2: up makes bucket, keys and policy; what is adopted stays as it is', async () => {
    expectCode(await shell.run(up), 0);
    expect(await policies()).to.have.members(['old', `credential-rotation-${namespace}-prod`]);
    expect(await absent()).to.match(/404|not found/i);
  });

  it('step 6: up makes the schedule, and nothing in AWS anew', async () => {
    shell.takeInputs({ ...aws, sites, kubernetes });
    const ended = await shell.run(up);
    expectCode(ended, 0);
    expect(ended.stdout)
      .to.match(/\+ {2}kubernetes:batch\/v1:CronJob /)
      .and.not.match(/[+~-] {1,2}aws:/);
    expect((await cronJob()).spec.suspend).to.equal(false);
  });
});
