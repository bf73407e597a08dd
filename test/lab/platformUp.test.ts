import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { initialLabel } from '../../infra/component/secrets';
import { Boto } from './support/aws/boto';
import { assumedRole, whileEnforced } from './support/awsRole';
import { awsVariables, s3Backend } from './support/backends';
import { run } from './support/command';
import { adminClient } from './support/jobs';
import { databases, labWith } from './support/labs';
import type { PlatformShell } from './support/platformShell';
import { inPlatform, onInfra, platformShell, withoutAsking } from './support/platformShell';
import { kubeconfigOf } from './support/rotationPods';
import { dropDefaultUsers, expectCode, expectNoSecret } from './support/world';

const up = withoutAsking(inPlatform('up'));

interface Outputs {
  slotSecretId: string;
  adminSecretId: string;
  roleArn: string;
  backendUrl: string;
  secretsProvider: string;
}

/**
 * From nothing to a rotation, as docs/platform.md begins: one `pulumi up` of both halves with the example's inputs, but
 * this OpenEMR's own values, then a rotation with what it made and the rights it gave. AWS is moto; moto has no Pod
 * Identity, so how the pod would get the role is not seen.
 */
describe('the platform by one pulumi up, and a rotation with what it made', function () {
  this.timeout(300_000);
  let lab: Lab;
  let site: Site;
  let boto: Boto;
  let shell: PlatformShell;
  let outputs: Outputs;
  let password: string;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ start: 'empty-secret' });
    boto = new Boto({ PATH: process.env['PATH'], ...awsVariables(lab) });
    const folder = path.join(site.folder, 'platform');
    mkdirSync(folder);
    shell = await platformShell(lab, folder, { makesAws: true });
    password = String((await site.adminDocument())['password']);
  });
  after(async () => {
    boto.close();
    await site.remove();
    await dropDefaultUsers(lab);
  });

  it('the stack is made, and gets the values of this OpenEMR', async () => {
    expectCode(await shell.run(inPlatform('stack init')), 0);
    expectCode(await shell.run(inPlatform('config set --secret'), `${password}\n`), 0);
    const { FileSystemId } = await boto.call('efs', 'create_file_system', { CreationToken: 'sites' });
    const logGroupName = '/aws/containerinsights/openemr/application';
    await boto.call('logs', 'create_log_group', { logGroupName });
    const values: Record<string, string> = {
      // The lab has objects of the usual name for each OpenEMR.
      name: 'platform',
      namespace: site.namespace,
      'aws.adminSecret.login.username': site.users.admin,
      'aws.adminSecret.login.host': lab.database.host,
      'aws.adminSecret.login.port': String(lab.database.port),
      'aws.adminSecret.login.dbname': site.schema,
      'sites.fileSystem': String(FileSystemId),
      'kubernetes.deployment': site.deployment,
      'kubernetes.secret': site.kubernetesSecret,
    };
    for (const [input, value] of Object.entries(values))
      expectCode(await shell.run(onInfra('config', 'set', '--plaintext', '--path', input, value)), 0);
  });

  it('up makes all that preview announces', async () => {
    const announced = /\+ (\d+) to create/.exec((await shell.run(inPlatform('preview'))).stdout)?.[1];
    const ended = await shell.run(up);
    expectCode(ended, 0);
    expect(ended.stdout).to.include(`+ ${announced} created`);
    outputs = JSON.parse((await shell.run(onInfra('stack', 'output', '--json'))).stdout) as Outputs;
  });

  it('the secrets start with empty slots and the admin’s login', async () => {
    const read = async (SecretId: string): Promise<[unknown, unknown]> => {
      const { SecretString, VersionStages } = await boto.call('secretsmanager', 'get_secret_value', {
        SecretId,
      });
      return [JSON.parse(String(SecretString)), VersionStages];
    };
    const [slots, labels] = await read(outputs.slotSecretId);
    expect(slots).to.deep.equal({ active_slot: 'A', A: {}, B: {} });
    expect(labels).to.have.members(['AWSCURRENT', initialLabel]);
    const [admin] = await read(outputs.adminSecretId);
    expect(admin).to.include({ username: site.users.admin, host: lab.database.host, dbname: site.schema });
    expect((admin as { password: string }).password === password).to.equal(true);
  });

  it('the bucket keeps versions, is under the key, and not public', async () => {
    const Bucket = 'openemr-credential-rotation-state';
    const { Status } = await boto.call('s3', 'get_bucket_versioning', { Bucket });
    expect(Status).to.equal('Enabled');
    const access = await boto.call('s3', 'get_public_access_block', { Bucket });
    expect(Object.values(access['PublicAccessBlockConfiguration'] as object)).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    const { Rules } = await boto.call('s3', 'get_bucket_lifecycle_configuration', { Bucket });
    expect((Rules as { ID: string }[]).map(({ ID }) => ID)).to.include('old-versions');
    expect(JSON.stringify(await boto.call('s3', 'get_bucket_encryption', { Bucket }))).to.include(
      'arn:aws:kms:',
    );
  });

  it('a rotation with these outputs, this role and this ServiceAccount moves OpenEMR to slot A', async () => {
    const client = adminClient(lab);
    const KUBECONFIG = await kubeconfigOf(lab, site, client, 'platform-sa');
    client.close();
    const role = await assumedRole(lab, outputs.roleArn);
    const changes = {
      ...role,
      KUBECONFIG,
      RDS_SLOT_SECRET_ID: outputs.slotSecretId,
      RDS_ADMIN_SECRET_ID: outputs.adminSecretId,
      PULUMI_BACKEND_URL: `${outputs.backendUrl.replace('region=us-east-1', s3Backend(lab))}`,
      CREDENTIAL_ROTATION_SECRETS_PROVIDER: outputs.secretsProvider,
      PULUMI_CONFIG_PASSPHRASE: undefined,
    };
    expectCode(await whileEnforced(lab, () => run(site, [], changes)), 0);
    const { login, pass } = await site.sqlconf();
    expect(login).to.equal('openemr_a');
    expect(await site.canLogin(login, pass)).to.equal(true);
  });

  it('the next up leaves the passwords, and all else, as they are', async () => {
    const SecretId = outputs.slotSecretId;
    const before = await boto.call('secretsmanager', 'get_secret_value', { SecretId });
    const ended = await shell.run(up);
    expectCode(ended, 0);
    expect(ended.stdout).to.match(/Resources:\s+\d+ unchanged/);
    const after = await boto.call('secretsmanager', 'get_secret_value', { SecretId });
    expect(after['VersionId']).to.equal(before['VersionId']);
  });

  it('the password is in nothing that they said', () => {
    expectNoSecret([password], { said: JSON.stringify(shell.said) });
  });
});
