import { secret } from '@pulumi/pulumi';
import { expect } from 'chai';
import { InputProblems, readInputs } from '../../../infra/inputs/read';
import { openNames, secretName } from '../../../infra/inputs/rules';
import { settingsOf } from '../../../infra/settingsOf';
import { optionTable } from '../../../src/settings/options';
import { adopted, clusterOnly, kubernetes, there } from './inputs';

/** The problems of inputs; none when they can be used. */
function problemsOf(inputs: unknown): string[] {
  try {
    readInputs(inputs);
    return [];
  } catch (error) {
    if (error instanceof InputProblems) return [...error.problems];
    throw error;
  }
}

const { aws } = adopted;
const withAws = (change: object): unknown => ({ ...adopted, aws: { ...aws, ...change } });
const withKubernetes = (change: object): unknown => ({
  ...clusterOnly,
  kubernetes: { ...clusterOnly.kubernetes, ...change },
});
const withSites = (sites: object): unknown => ({ ...clusterOnly, sites });
/** Both halves, with alarms on a schedule that is still to be given. */
const withAlarms = {
  ...adopted,
  aws: { ...aws, alarms: { logGroup: 'group' } },
  sites: { fileSystem: 'fs-01234567', accessPoint: 'fsap-01234567' },
};
const login = { username: 'admin', password: secret('x'), host: 'db.example' };

/** Inputs, and the one sentence that they end with. */
const refused: [what: string, inputs: unknown, sentence: string][] = [
  ['nothing', undefined, 'The inputs is missing; give a group of inputs.'],
  [
    'no region',
    { ...clusterOnly, region: undefined },
    'region is missing; give an AWS region, such as us-east-1.',
  ],
  [
    'a wrong type',
    { ...clusterOnly, stack: 5 },
    'stack is 5; give a Pulumi stack name (letters, digits, dots, dashes, underscores).',
  ],
  [
    'an unknown input',
    { ...clusterOnly, foo: 1 },
    'foo is no input; remove it, or see docs/platform.md for its name.',
  ],
  [
    'an unknown input below',
    withKubernetes({ limit: 1 }),
    'kubernetes.limit is no input; remove it, or see docs/platform.md for its name.',
  ],
  [
    'neither half',
    { namespace: 'openemr', region: 'us-east-1' },
    'aws and kubernetes are both missing; give at least one of the two halves.',
  ],
  [
    'both halves of AWS',
    { ...adopted, existing: clusterOnly.existing },
    'existing stands beside aws; leave one of them out: aws makes or adopts what existing only names.',
  ],
  [
    'no AWS at all',
    { ...clusterOnly, existing: undefined },
    'existing is missing; without the half aws it names the secrets, the state bucket and the key.',
  ],
  [
    'no sites',
    { ...clusterOnly, sites: undefined },
    "sites is missing; name OpenEMR's claim as sites.claim, or its EFS file system.",
  ],
  [
    'no admin secret',
    withAws({ adminSecret: {} }),
    'aws.adminSecret has neither adopt nor login; adopt the secret that is there, or give the login for a new one.',
  ],
  [
    'two admin secrets',
    withAws({ adminSecret: { adopt: there.adminSecret, login } }),
    'aws.adminSecret.login stands beside adopt; leave it out: the secret that is adopted has the login.',
  ],
  [
    'a plain password',
    withAws({ adminSecret: { login: { ...login, password: 'hunter2' } } }),
    'aws.adminSecret.login.password is plain text; give it as a secret: pulumi config set --secret adminPassword, or pulumi.secret(…) in a program.',
  ],
  [
    'a short ARN',
    withAws({ slotSecret: { adopt: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/slots' } }),
    'aws.slotSecret.adopt is "arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/slots"; give the whole ARN of a secret, with the six characters at its end.',
  ],
  [
    'an alias for a key',
    withAws({ stateKey: { adopt: 'alias/state' } }),
    'aws.stateKey.adopt is "alias/state"; give the ARN of a KMS key (…:key/…, not of an alias).',
  ],
  [
    'no cluster',
    withAws({ role: { adopt: there.role } }),
    'aws.role.cluster is missing; name the EKS cluster, or set aws.role.trust to irsa.',
  ],
  [
    'no OIDC provider',
    withAws({ role: { trust: 'irsa' } }),
    "aws.role.oidcProvider is missing; give the ARN of the cluster's OIDC provider, or set aws.role.trust to pod-identity.",
  ],
  [
    'an unknown trust',
    withAws({ role: { trust: 'node' } }),
    'aws.role.trust is "node"; give pod-identity or irsa.',
  ],
  [
    'a key beside Amazon’s',
    withAws({ secretsKey: { adopt: there.key, awsManaged: true } }),
    'aws.secretsKey.awsManaged stands beside adopt; leave one of them out.',
  ],
  [
    'adopted secrets without key',
    withAws({ secretsKey: {} }),
    "aws.secretsKey names no key, and a secret is adopted; adopt its key, name it as the secret's own key, or set aws.secretsKey.awsManaged.",
  ],
  [
    'one adopted secret without key',
    withAws({ secretsKey: {}, slotSecret: { adopt: there.slotSecret, key: there.key } }),
    "aws.secretsKey names no key, and a secret is adopted; adopt its key, name it as the secret's own key, or set aws.secretsKey.awsManaged.",
  ],
  [
    'a key of no secret',
    withAws({
      slotSecret: { adopt: there.slotSecret, key: there.key },
      adminSecret: { adopt: there.adminSecret, key: there.adminKey },
    }),
    'aws.secretsKey is of no secret, since each names its own key; leave it out, or one of those.',
  ],
  [
    'a new bucket without key',
    withAws({ stateBucket: {}, stateKey: { awsManaged: true } }),
    'aws.stateKey.awsManaged is only for a bucket that is adopted; leave it out, and the bucket that is made gets a key.',
  ],
  [
    'an adopted bucket without key',
    withAws({ stateKey: {} }),
    'aws.stateKey names no key, and the bucket is adopted; adopt its key, or set aws.stateKey.awsManaged.',
  ],
  [
    'a reader by wildcard',
    withAws({ secretReaders: ['arn:aws:iam::111122223333:role/*'] }),
    'aws.secretReaders.0 is "arn:aws:iam::111122223333:role/*"; give the ARN of one IAM role or user itself (…:role/NAME, not …:assumed-role/NAME/SESSION), without a wildcard.',
  ],
  [
    'versions that go soon',
    withAws({ stateBucket: { adopt: 'their-state', keepVersionsDays: 1 } }),
    'aws.stateBucket.keepVersionsDays is 1; give a whole number from 30 to 3650.',
  ],
  [
    'an alarm beyond CloudWatch',
    withAws({ securityHub: { evidence: 'https://user@audit.example/' } }),
    'aws.securityHub.evidence is "https://user@audit.example/"; give an https:// or s3:// address of at most 200 characters, without user and query.',
  ],
  [
    'a limit of an alarm that CloudWatch does not look back to',
    withAws({ alarms: { logGroup: 'group', noSuccessForDays: 40 } }),
    'aws.alarms.noSuccessForDays is 40; give a whole number from 1 to 7.',
  ],
  [
    'a claim and more',
    withSites({ claim: 'sites', fileSystem: 'fs-01234567' }),
    'sites.claim stands beside another place of the files; leave the others out, or the claim.',
  ],
  [
    'no place of the files',
    withSites({}),
    'sites.fileSystem is missing; name the EFS file system, or adopt a claim as sites.claim.',
  ],
  [
    'two access points',
    withSites({ fileSystem: 'fs-01234567', accessPoint: 'fsap-01234567', path: '/sites' }),
    'sites.path and sites.owner are for an access point that is made; leave them out, since sites.accessPoint is adopted.',
  ],
  [
    'half an access point',
    withSites({ fileSystem: 'fs-01234567', path: '/sites' }),
    'sites.path or sites.owner is missing; give both for a new access point, or adopt one as sites.accessPoint.',
  ],
  [
    'an access point without AWS',
    withSites({ fileSystem: 'fs-01234567', path: '/sites', owner: { uid: 1000, gid: 1000 } }),
    'sites.path makes an access point, which takes the half aws; give aws, or adopt one as sites.accessPoint.',
  ],
  [
    'a file system by ARN',
    withSites({ fileSystem: 'arn:aws:x', accessPoint: 'fsap-01234567' }),
    'sites.fileSystem is "arn:aws:x"; give the id of an EFS file system (fs-…).',
  ],
  [
    'an image that moves',
    withKubernetes({ image: 'rotation:latest' }),
    'kubernetes.image is "rotation:latest"; give an image with a tag other than latest, or with a digest.',
  ],
  [
    'a user below root',
    withKubernetes({ user: { uid: -1, gid: 101 } }),
    'kubernetes.user.uid is -1; give a whole number from 0 to 4294967294.',
  ],
  [
    'a schedule with a time zone',
    withKubernetes({ schedule: 'TZ=UTC 1 2 * * *' }),
    'kubernetes.schedule is "TZ=UTC 1 2 * * *"; give a cron schedule of five fields that Kubernetes takes, such as H 3 * * * or 17 3 * * *; the time zone is an input of its own.',
  ],
  [
    'a schedule of impossible times',
    withKubernetes({ schedule: '99 99 * * *' }),
    'kubernetes.schedule is "99 99 * * *"; give a cron schedule of five fields that Kubernetes takes, such as H 3 * * * or 17 3 * * *; the time zone is an input of its own.',
  ],
  [
    'a claim without its owner',
    withKubernetes({ user: undefined }),
    'kubernetes.user is missing; through sites.claim the pod sees the files as they are: give uid and gid of the owner of sqlconf.php.',
  ],
  [
    'half an owner',
    withKubernetes({ user: { uid: 1000 } }),
    'kubernetes.user.gid is missing; give a whole number from 0 to 4294967294.',
  ],
  [
    'a request above the limit',
    withKubernetes({ resources: { memory: '2Gi' } }),
    'kubernetes.resources.memory 2Gi is above memoryLimit 1Gi; ask for no more than the limit.',
  ],
  [
    'a request above the limit in another unit',
    withKubernetes({ resources: { memory: '1.1G', memoryLimit: '1Gi' } }),
    'kubernetes.resources.memory 1.1G is above memoryLimit 1Gi; ask for no more than the limit.',
  ],
  [
    'memory without unit',
    withKubernetes({ resources: { memoryLimit: '512' } }),
    'kubernetes.resources.memoryLimit is "512"; give an amount of memory with its unit, such as 512Mi.',
  ],
  [
    'memory for CPU',
    withKubernetes({ resources: { cpu: '1Gi' } }),
    'kubernetes.resources.cpu is "1Gi"; give CPUs, such as 250m or 1.5.',
  ],
  [
    'an alarm on a schedule that rests for days',
    { ...withAlarms, kubernetes: { ...kubernetes, schedule: '17 3 * * 1-5' } },
    'kubernetes.schedule 17 3 * * 1-5 does not start on each day, and the alarm succeeded would go off in between; start daily (kubernetes.ifOlderThan says how often it rotates), or leave aws.alarms out.',
  ],
  [
    'a database anywhere',
    withKubernetes({ network: { databaseCidrs: [] } }),
    'kubernetes.network.databaseCidrs is empty, which Kubernetes reads as anywhere; give the ranges of the database.',
  ],
  [
    'a time zone in the wrong case',
    withKubernetes({ timeZone: 'europe/Berlin' }),
    'kubernetes.timeZone is "europe/Berlin"; give an IANA time zone, such as Europe/Berlin.',
  ],
  [
    'an unknown time zone',
    withKubernetes({ timeZone: 'Mars' }),
    'kubernetes.timeZone is "Mars"; give an IANA time zone, such as Europe/Berlin.',
  ],
  [
    'an age without unit',
    withKubernetes({ ifOlderThan: '30' }),
    'kubernetes.ifOlderThan is "30"; give an age such as 30d, 12h or 90m.',
  ],
  [
    'a range that is none',
    withKubernetes({ network: { databaseCidrs: ['10.0.0.0/99'] } }),
    'kubernetes.network.databaseCidrs.0 is "10.0.0.0/99"; give an address range, such as 10.0.0.0/16 or fd12:3456:789a::/48.',
  ],
  [
    'a range of IPv6 that is none',
    withKubernetes({ network: { databaseCidrs: ['fd00::/129'] } }),
    'kubernetes.network.databaseCidrs.0 is "fd00::/129"; give an address range, such as 10.0.0.0/16 or fd12:3456:789a::/48.',
  ],
  [
    'a way out to nowhere',
    withKubernetes({ network: { more: [{ port: 9091 }] } }),
    'kubernetes.network.more.0 must say whereto; give it either cidr or namespace.',
  ],
  [
    'a variable of another input',
    withKubernetes({ environment: { AWS_REGION: 'eu-west-1' } }),
    'kubernetes.environment.AWS_REGION is set by another input; leave it out.',
  ],
  [
    'a secret in the open',
    withKubernetes({ environment: { PULUMI_CONFIG_PASSPHRASE: 'x' } }),
    'kubernetes.environment.PULUMI_CONFIG_PASSPHRASE looks like a secret; put it into a Secret and name that in kubernetes.secretEnvironment.',
  ],
  [
    'a variable twice',
    withKubernetes({
      environment: { HTTPS_PROXY: 'x' },
      secretEnvironment: { HTTPS_PROXY: { secret: 's', key: 'k' } },
    }),
    'kubernetes.environment.HTTPS_PROXY is in secretEnvironment too; leave one out.',
  ],
  [
    'a secret of another input',
    withKubernetes({ secretEnvironment: { HOME: { secret: 's', key: 'k' } } }),
    'kubernetes.secretEnvironment.HOME is set by another input; leave it out.',
  ],
  [
    'a bad variable',
    withKubernetes({ environment: { 'a-b': 'x' } }),
    'kubernetes.environment.a-b cannot be used as a name; give a name of an environment variable in capitals.',
  ],
  [
    'a state in the pod',
    { ...clusterOnly, existing: { ...clusterOnly.existing, backendUrl: 'file:///state' } },
    'existing.backendUrl is "file:///state"; give an s3:// address; a folder in the pod would be gone with the pod.',
  ],
  [
    'no passphrase',
    { ...clusterOnly, existing: { ...clusterOnly.existing, secretsProvider: 'passphrase' } },
    'existing.secretsProvider is passphrase; name its Secret as kubernetes.secretEnvironment.PULUMI_CONFIG_PASSPHRASE, or give a key.',
  ],
];

describe('inputs of the platform program', () => {
  for (const [what, inputs, sentence] of refused)
    it(`refuses ${what} in one sentence`, () => expect(problemsOf(inputs)).to.deep.equal([sentence]));

  it('takes a setting whose name only looks like one of a secret', () => {
    const environment = { [optionTable.keepOldPassword.variable]: 'true' };
    expect(problemsOf(withKubernetes({ environment }))).to.deep.equal([]);
    const looksLike = Object.values(optionTable).filter(({ variable }) => secretName.test(variable));
    expect(looksLike.map(({ variable }) => variable)).to.deep.equal(openNames);
  });

  it('tells all problems at once', () => {
    expect(problemsOf({ ...clusterOnly, region: 'x', stack: 'a b', foo: 1 })).to.have.length(3);
  });

  it('never shows a password', () => {
    expect(
      problemsOf(withAws({ adminSecret: { login: { ...login, password: 'hunter2' } } })).join(),
    ).not.to.include('hunter2');
  });

  it('takes the smallest inputs of both halves, and fills in the rest', () => {
    expect(problemsOf(adopted)).to.deep.equal([]);
    const read = readInputs(clusterOnly);
    expect(read).to.include({ name: 'credential-rotation', stack: 'prod' });
    expect(read.kubernetes).to.deep.include({
      schedule: 'H 3 * * *',
      limits: { rolloutSeconds: 3600, healthSeconds: 60, idleSeconds: 300 },
    });
  });

  it('takes alarms on a daily schedule, and a schedule that rests without them', () => {
    const both = (schedule: string): unknown => ({ ...withAlarms, kubernetes: { ...kubernetes, schedule } });
    expect(problemsOf(both('17 3 * * *'))).to.deep.equal([]);
    expect(problemsOf(withKubernetes({ schedule: '17 3 * * 1-5' }))).to.deep.equal([]);
  });

  it('lets the pod be anybody behind an access point', () => {
    const {
      kubernetes: given,
      existing,
      ...rest
    } = readInputs({
      ...clusterOnly,
      sites: withAlarms.sites,
      kubernetes,
    });
    if (!given || !existing) throw new Error('a half is missing');
    expect(settingsOf(rest, given, existing).user).to.deep.equal({ uid: 65_532, gid: 65_532 });
  });

  it('takes ranges of IPv6', () => {
    const network = { databaseCidrs: ['10.0.0.0/16', 'fd12:3456:789a::/48', '::/0'] };
    expect(problemsOf(withKubernetes({ network }))).to.deep.equal([]);
  });

  it('takes a passphrase that is in a Secret', () => {
    const secretEnvironment = { PULUMI_CONFIG_PASSPHRASE: { secret: 'rotation', key: 'passphrase' } };
    const passphrase = { ...clusterOnly.existing, secretsProvider: 'passphrase' };
    expect(
      problemsOf({
        ...clusterOnly,
        existing: passphrase,
        kubernetes: { ...clusterOnly.kubernetes, secretEnvironment },
      }),
    ).to.deep.equal([]);
  });
});
