import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { rotationPolicy } from '../../../infra/aws/policies';
import type { PolicyDocument } from '../../../infra/aws/policyDocument';
import { bucketPolicy, secretPolicy } from '../../../infra/aws/resourcePolicies';
import { rotatedByTag, suppressionNote } from '../../../infra/aws/securityHub';
import { irsaTrust, podIdentityTrust } from '../../../infra/aws/trust';
import { settingsOf } from '../../../infra/settingsOf';
import { readInputs } from '../../../infra/inputs/read';
import { cronJob } from '../../../infra/kubernetes/cronJob';
import { bucketProblems } from '../../../infra/policy/buckets';
import { resourceRules } from '../../../infra/policy/pack';
import { adopted, clusterOnly, existing, there } from './inputs';
import type { Registered } from './mocked';

/** Runs the component under Pulumi's mocks, which are for a whole process, in one of its own. */
function runMocked(wanted: string): { stdout: string; stderr: string; status: number | null } {
  const program = path.join(__dirname, 'mocked.js');
  return spawnSync(process.execPath, [program, wanted], { encoding: 'utf8', timeout: 60_000 });
}

const secretMark = '4dabf18193072939515e22adb298388d';
const serviceAccount = 'credential-rotation-sa';

describe('CredentialRotation under mocks', function () {
  this.timeout(60_000);
  let all: Registered[] = [];

  before(() => {
    const { stdout, stderr, status } = runMocked('all');
    expect(status, stderr).to.equal(0);
    all = JSON.parse(stdout) as Registered[];
  });

  /** What a case registered, by `type name` without package and the case's name. */
  function made(name: string): Map<string, Registered> {
    const own = all.filter((each) => each.name === name || each.name.startsWith(`${name}-`));
    return new Map(
      own.map((each) => [
        `${each.type.split(':').at(-1)}${each.name.slice(name.length).replace('-', ' ')}`,
        each,
      ]),
    );
  }
  function inputsOf(name: string, key: string): Record<string, unknown> {
    const found = made(name).get(key);
    expect(found, `${key} of ${[...made(name).keys()].join(', ')}`).not.to.equal(undefined);
    return found?.inputs ?? {};
  }
  function document(name: string, key: string, property = 'policy'): unknown {
    return JSON.parse(String(inputsOf(name, key)[property]));
  }

  it('makes everything from nothing, each thing once', () => {
    expect([...made('made').keys()].sort()).to.deep.equal(
      [
        'CredentialRotation',
        ...['Key secrets', 'Key state', 'Key passwords'],
        ...['Secret slots', 'Secret admin', 'SecretVersion slots', 'SecretVersion admin'],
        ...['SecretPolicy slots', 'SecretPolicy admin'],
        ...[
          'Bucket state',
          'BucketOwnershipControls state',
          'BucketPublicAccessBlock state',
          'BucketPolicy state',
        ],
        ...['BucketServerSideEncryptionConfiguration state', 'BucketVersioning state'],
        'BucketLifecycleConfiguration state',
        ...['Role', 'RolePolicy', 'PodIdentityAssociation', 'AccessPoint sites'],
        ...['LogMetricFilter succeeded', 'LogMetricFilter held', 'LogMetricFilter rolled-back'],
        ...['MetricAlarm succeeded', 'MetricAlarm held', 'MetricAlarm rolled-back'],
        'AutomationRule native-rotation',
        ...['ServiceAccount', 'RoleBinding', 'NetworkPolicy', 'PersistentVolume', 'PersistentVolumeClaim'],
        ...['CronJob', 'Job'],
      ].sort(),
    );
    // IAM's Role and RBAC's have the same last word.
    expect(all.filter(({ type, name }) => name === 'made' && type.endsWith(':Role'))).to.have.length(2);
  });

  it('makes every thing a child of the component', () => {
    for (const { type, options } of made('made').values())
      expect(options.hasParent, type).to.equal(!type.startsWith('credential-rotation:'));
  });

  it("gives one role the secrets of a fleet's other OpenEMRs, too, and nothing more", () => {
    const resources = (name: string): string[] =>
      (document(name, 'RolePolicy') as PolicyDocument).Statement.flatMap(({ Resource = [] }) => Resource);
    const further = resources('of a fleet').filter((arn) => !resources('adopted').includes(arn));
    expect(further).to.deep.equal([there.furtherSecret]);
  });

  it('suppresses what Security Hub says of AWS’s own rotation, for the two secrets alone, with reason and evidence', () => {
    const { criteria, actions, ruleStatus } = inputsOf('made', 'AutomationRule native-rotation') as {
      criteria: Record<string, { comparison: string; value: string }[]>;
      actions: { type: string; findingFieldsUpdate: { workflow: object; note: { text: string } } }[];
      ruleStatus: string;
    };
    expect(ruleStatus).to.equal('ENABLED');
    for (const each of Object.values(criteria).flat()) expect(each.comparison).to.equal('EQUALS');
    const valuesOf = (key: string): string[] | undefined => criteria[key]?.map(({ value }) => value);
    expect(Object.keys(criteria)).to.have.members([
      'complianceSecurityControlIds',
      'resourceIds',
      'recordStates',
    ]);
    expect(valuesOf('complianceSecurityControlIds')).to.deep.equal(['SecretsManager.1', 'SecretsManager.4']);
    const secret = (part: string): string => `arn:aws:secretsmanager:us-east-1:111122223333:made-${part}`;
    expect(valuesOf('resourceIds')).to.deep.equal([secret('slots'), secret('admin')]);
    const [action, ...more] = actions;
    expect(more).to.deep.equal([]);
    expect(action?.type).to.equal('FINDING_FIELDS_UPDATE');
    expect(action?.findingFieldsUpdate.workflow).to.deep.equal({ status: 'SUPPRESSED' });
    const { text = '' } = action?.findingFieldsUpdate.note ?? {};
    expect(text).to.include('s3://audit/openemr').and.include("AWS's own rotation must stay off");
    expect(suppressionNote(`s3://${'x'.repeat(195)}`).length).to.be.at.most(512);
    expect(made('adopted').has('AutomationRule native-rotation')).to.equal(false);
  });

  it('tags the secrets that it makes for rules of AWS Config, which sees tags and no label of a version', () => {
    for (const part of ['slots', 'admin'])
      expect(inputsOf('made', `Secret ${part}`)['tags']).to.deep.equal({ ...rotatedByTag, team: 'platform' });
  });

  it('protects what would be lost with passwords or states, unless told otherwise', () => {
    const kept = (name: string): string[] =>
      [...made(name)].filter(([, { options }]) => options.protect === true).map(([key]) => key);
    expect(kept('made').sort()).to.deep.equal(
      ['Bucket state', 'Key passwords', 'Key secrets', 'Key state', 'Secret admin', 'Secret slots'].sort(),
    );
    expect(kept('unprotected')).to.deep.equal([]);
  });

  it('makes the secrets under their key, and never takes AWSCURRENT with their first version', () => {
    for (const part of ['slots', 'admin']) {
      const { inputs, options } = made('made').get(`SecretVersion ${part}`) ?? ({} as Registered);
      expect(inputs['versionStages']).to.deep.equal(['CREDENTIAL_ROTATION_INITIAL']);
      expect(inputs['secretString']).to.have.property(secretMark);
      expect(options).to.include({ retainOnDelete: true });
      expect(options.ignoreChanges).to.deep.equal(['secretString', 'versionStages']);
      const secret = inputsOf('made', `Secret ${part}`);
      expect(secret).to.include({
        name: `openemr/${part}`,
        kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:made-secrets',
      });
    }
    const [slots, admin] = ['slots', 'admin'].map(
      (part) =>
        JSON.parse(
          (inputsOf('made', `SecretVersion ${part}`)['secretString'] as { value: string }).value,
        ) as unknown,
    );
    expect(slots).to.deep.equal({ active_slot: 'A', A: {}, B: {} });
    expect(admin).to.deep.equal({
      username: 'admin',
      password: 'mocked-admin-password',
      host: 'openemr.cluster-abc123.us-east-1.rds.amazonaws.com',
      port: '3306',
      dbname: 'openemr',
    });
    expect(document('made', 'SecretPolicy slots')).to.deep.equal(
      secretPolicy('arn:aws:secretsmanager:us-east-1:111122223333:made-slots', [
        'arn:aws:iam:us-east-1:111122223333:made',
        there.reader,
      ]),
    );
    expect(inputsOf('made', 'SecretPolicy admin')['blockPublicPolicy']).to.equal(true);
  });

  it('shows the admin password nowhere but in the one secret value', () => {
    const elsewhere = all
      .filter(({ type }) => !type.endsWith(':SecretVersion'))
      .map((each) => JSON.stringify(each))
      .join('');
    expect(elsewhere).not.to.include('mocked-admin-password');
  });

  it('gives the role exactly the policy of what was made', () => {
    expect(document('made', 'RolePolicy')).to.deep.equal(
      rotationPolicy({
        region: 'us-east-1',
        slotSecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:made-slots',
        adminSecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:made-admin',
        secretsKeyArns: ['arn:aws:kms:us-east-1:111122223333:made-secrets'],
        state: {
          bucketArn: 'arn:aws:s3:::made-state',
          prefix: '',
          keyArn: 'arn:aws:kms:us-east-1:111122223333:made-state',
        },
        secretsProviderKeyArn: 'arn:aws:kms:us-east-1:111122223333:made-passwords',
      }),
    );
    expect(inputsOf('made', 'RolePolicy')['role']).to.equal('made');
  });

  it('puts its policy beside those of other OpenEMRs on a role that is there', () => {
    expect(inputsOf('made', 'RolePolicy')['name']).to.equal('credential-rotation');
    const { name, namespace, stack } = readInputs(adopted);
    expect(inputsOf('adopted', 'RolePolicy')['name']).to.equal(`${name}-${namespace}-${stack}`);
  });

  it('lets the ServiceAccount take the role by Pod Identity, or by IRSA', () => {
    const account = { namespace: 'openemr', serviceAccount };
    const role = (name: string): unknown => {
      const found = all.find((each) => each.name === name && each.type === 'aws:iam/role:Role');
      return JSON.parse(String(found?.inputs['assumeRolePolicy']));
    };
    expect(role('made')).to.deep.equal(podIdentityTrust(account, 'production'));
    expect(inputsOf('made', 'PodIdentityAssociation')).to.include({
      ...account,
      clusterName: 'production',
      roleArn: 'arn:aws:iam:us-east-1:111122223333:made',
    });
    expect(inputsOf('made', 'ServiceAccount')['metadata']).not.to.have.property('annotations');
    expect(role('irsa')).to.deep.equal(irsaTrust(account, there.oidcProvider));
    expect(made('irsa').has('PodIdentityAssociation')).to.equal(false);
    expect(inputsOf('irsa', 'ServiceAccount')['metadata'])
      .to.have.property('annotations')
      .that.includes({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam:us-east-1:111122223333:irsa' });
  });

  it('makes a bucket that is versioned, encrypted, private, TLS only, and forgets nothing that is current', () => {
    const bucket = 'made-state';
    expect(inputsOf('made', 'BucketVersioning state')['versioningConfiguration']).to.deep.equal({
      status: 'Enabled',
    });
    expect(inputsOf('made', 'BucketPublicAccessBlock state')).to.deep.equal({
      bucket,
      region: 'us-east-1',
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(inputsOf('made', 'BucketServerSideEncryptionConfiguration state')['rules']).to.deep.equal([
      {
        applyServerSideEncryptionByDefault: {
          sseAlgorithm: 'aws:kms',
          kmsMasterKeyId: 'arn:aws:kms:us-east-1:111122223333:made-state',
        },
        bucketKeyEnabled: true,
      },
    ]);
    expect(document('made', 'BucketPolicy state')).to.deep.equal(bucketPolicy('arn:aws:s3:::made-state'));
    const rules = inputsOf('made', 'BucketLifecycleConfiguration state')['rules'] as Record<
      string,
      unknown
    >[];
    for (const { expiration } of rules)
      if (expiration !== undefined) expect(expiration).to.deep.equal({ expiredObjectDeleteMarker: true });
  });

  it('gives the pods the values of what was made', () => {
    const { kubernetes, ...rest } = readInputs({
      ...clusterOnly,
      sites: { claim: 'credential-rotation-sites' },
      kubernetes: { ...clusterOnly.kubernetes, user: { uid: 65_532, gid: 65_532 } },
    });
    if (!kubernetes) throw new Error('no kubernetes');
    const settings = settingsOf(rest, kubernetes, {
      slotSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:made-slots',
      adminSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:made-admin',
      backendUrl: 's3://made-state?region=us-east-1',
      secretsProvider: 'awskms:///arn:aws:kms:us-east-1:111122223333:made-passwords?region=us-east-1',
    });
    expect(inputsOf('made', 'CronJob')).to.deep.equal(JSON.parse(JSON.stringify(cronJob(settings))));
    expect(inputsOf('made', 'CredentialRotation')).to.deep.equal({
      backendUrl: settings.backendUrl,
      secretsProvider: settings.secretsProvider,
    });
    expect(inputsOf('made', 'PersistentVolume')['spec'])
      .to.have.property('csi')
      .that.deep.equals({ driver: 'efs.csi.aws.com', volumeHandle: 'fs-0123456789abcdef0::made-sites-id' });
    expect(inputsOf('made', 'AccessPoint sites')).to.deep.include({
      posixUser: { uid: 1000, gid: 101 },
      rootDirectory: { path: '/openemr/sites' },
    });
  });

  it('does not wait for the suspended Job', () => {
    const { metadata, spec } = inputsOf('made', 'Job') as {
      metadata: { annotations: object };
      spec: { suspend: boolean };
    };
    expect(metadata.annotations).to.deep.equal({
      'pulumi.com/skipAwait': 'true',
      'pulumi.com/deletionPropagationPolicy': 'background',
    });
    expect(spec.suspend).to.equal(true);
  });

  it('adopts secrets, keys, bucket and role by id, and leaves them as they are', () => {
    expect([...made('adopted').keys()].sort()).to.deep.equal(
      ['CredentialRotation', 'PodIdentityAssociation', 'RolePolicy'].sort(),
    );
    expect(inputsOf('adopted', 'RolePolicy')['role']).to.equal('rotation');
    expect(inputsOf('adopted', 'PodIdentityAssociation')).to.include({
      roleArn: there.role,
      clusterName: 'production',
    });
    expect(document('adopted', 'RolePolicy')).to.deep.equal(
      rotationPolicy({
        region: 'us-east-1',
        slotSecretArn: there.slotSecret,
        adminSecretArn: there.adminSecret,
        secretsKeyArns: [there.key],
        state: { bucketArn: 'arn:aws:s3:::their-state', prefix: 'openemr', keyArn: there.stateKey },
        secretsProviderKeyArn: there.passwordsKey,
      }),
    );
    expect(inputsOf('adopted', 'CredentialRotation')).to.deep.equal({
      backendUrl: 's3://their-state/openemr?region=us-east-1',
      secretsProvider: `awskms:///${there.passwordsKey}?region=us-east-1`,
    });
  });

  it('leaves keys out of the policy that are Amazon’s own', () => {
    const { aws } = adopted;
    expect(document('Amazon keys', 'RolePolicy')).to.deep.equal(
      rotationPolicy({
        region: 'us-east-1',
        slotSecretArn: aws.slotSecret.adopt,
        adminSecretArn: aws.adminSecret.adopt,
        secretsKeyArns: [],
        state: { bucketArn: 'arn:aws:s3:::their-state', prefix: 'openemr' },
        secretsProviderKeyArn: there.passwordsKey,
      }),
    );
  });

  it('lets the role use the key of each secret, where they differ', () => {
    const keysOf = (name: string): string[] => {
      const { Statement } = document(name, 'RolePolicy') as ReturnType<typeof rotationPolicy>;
      return Statement.filter(({ Sid }) => Sid === 'SecretsKey').flatMap(({ Resource = [] }) => Resource);
    };
    const madeKey = 'arn:aws:kms:us-east-1:111122223333:a key beside the made one-secrets';
    expect(keysOf('two keys')).to.deep.equal([there.key, there.adminKey]);
    expect(made('two keys').has('Key secrets')).to.equal(false);
    expect(keysOf('a key beside the made one')).to.deep.equal([madeKey, there.adminKey]);
    expect(inputsOf('a key beside the made one', 'Secret slots')['kmsKeyId']).to.equal(madeKey);
    expect(keysOf('a key beside Amazon’s')).to.deep.equal([there.adminKey]);
    expect(keysOf('adopted')).to.deep.equal([there.key]);
  });

  it('names an adopted role on the ServiceAccount for IRSA', () => {
    expect(inputsOf('adopted role for irsa', 'ServiceAccount')['metadata'])
      .to.have.property('annotations')
      .that.includes({ 'eks.amazonaws.com/role-arn': there.role });
    expect(made('adopted role for irsa').has('PodIdentityAssociation')).to.equal(false);
  });

  it('makes the cluster’s half alone, on a claim that is there', () => {
    expect([...made('cluster only').values()].map(({ type }) => type).sort()).to.deep.equal(
      [
        'credential-rotation:index:CredentialRotation',
        ...['kubernetes:core/v1:ServiceAccount', 'kubernetes:networking.k8s.io/v1:NetworkPolicy'],
        ...[
          'kubernetes:rbac.authorization.k8s.io/v1:Role',
          'kubernetes:rbac.authorization.k8s.io/v1:RoleBinding',
        ],
        ...['kubernetes:batch/v1:CronJob', 'kubernetes:batch/v1:Job'],
      ].sort(),
    );
    const text = JSON.stringify(inputsOf('cluster only', 'CronJob'));
    for (const value of Object.values(existing)) expect(text).to.include(value);
    expect(text).to.include('"claimName":"openemr-sites"');
  });

  it('adopts an access point and a ServiceAccount', () => {
    const name = 'adopted access point and account';
    expect(made(name).has('ServiceAccount')).to.equal(false);
    expect(JSON.stringify(inputsOf(name, 'RoleBinding'))).to.include('"name":"their-account"');
    expect(JSON.stringify(inputsOf(name, 'CronJob'))).to.include('"serviceAccountName":"their-account"');
    expect(JSON.stringify(inputsOf(name, 'PersistentVolume'))).to.include(
      '"volumeHandle":"fs-0123456789abcdef0::fsap-0123456789abcdef0"',
    );
  });

  it('keeps to the policy pack, whatever is made', () => {
    const problems = all.flatMap(({ type, inputs }) =>
      resourceRules.flatMap(({ problemsOf }) => [...problemsOf(type, inputs)]),
    );
    expect(problems).to.deep.equal([]);
    const resources = [...made('made').values()].map(({ type, name, inputs }) => ({
      ...{ type, name, urn: `${type} ${name}`, props: inputs },
      // Mocks do not tell what a property was made of; here only one bucket is made.
      propertyDependencies: { bucket: [{ urn: 'aws:s3/bucket:Bucket made-state' }] },
    }));
    expect([...bucketProblems(resources)]).to.deep.equal([]);
    expect([...bucketProblems(resources.filter(({ type }) => !type.includes('Versioning')))]).to.have.length(
      1,
    );
  });

  it('is made by the program of infra/Pulumi.yaml, from its example stack and a secret password', () => {
    const { stdout, stderr, status } = runMocked('program');
    expect(status, stderr).to.equal(0);
    const registered = JSON.parse(stdout) as Registered[];
    const types = registered.map(({ type }) => type.split(':').at(-1));
    expect(types).to.include.members([
      'CredentialRotation',
      'SecretVersion',
      'Bucket',
      'AccessPoint',
      'CronJob',
    ]);
    expect(types.filter((type) => type === 'MetricAlarm')).to.have.length(3);
    const version = registered.find(
      ({ type, name }) => type.endsWith(':SecretVersion') && name === 'credential-rotation-admin',
    );
    expect(version?.inputs['secretString']).to.have.property(secretMark);
    expect(JSON.stringify(version?.inputs)).to.include('mocked-admin-password');
  });

  it('refuses an admin password that the stack file holds as plain text, and does not show it', () => {
    const { stderr, status, stdout } = runMocked('plain password');
    expect(status).not.to.equal(0);
    expect(stdout).to.equal('');
    expect(stderr)
      .to.include('adminPassword is plain text in the stack file; give the admin another password')
      .and.not.to.include('mocked-admin-password');
  });

  it('ends the preview with a sentence for each wrong input', () => {
    const { stderr, status, stdout } = runMocked('at once');
    expect(status).not.to.equal(0);
    expect(stdout).to.equal('');
    expect(stderr)
      .to.include('namespace is "No Namespace"; give a Kubernetes name')
      .and.to.include('region is "here"; give');
  });

  it('checks a value of another resource when it is known', () => {
    const { stderr, status } = runMocked('late');
    expect(status).not.to.equal(0);
    expect(stderr).to.include('aws.slotSecret.adopt is "openemr/slots"; give the whole ARN of a secret');
  });
});
