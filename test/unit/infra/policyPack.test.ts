import { expect } from 'chai';
import type { StackResource } from '../../../infra/policy/buckets';
import { bucketProblems, bucketSettingProblems } from '../../../infra/policy/buckets';
import { wildcardsOf } from '../../../infra/policy/documents';
import { plainSecrets, podProblems } from '../../../infra/policy/pods';
import { bucketPolicy } from '../../../infra/aws/resourcePolicies';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { rotationPodSpec } from '../../../infra/kubernetes/pod';

const rolePolicy = 'aws:iam/rolePolicy:RolePolicy';
const allow = (statement: object): Record<string, unknown> => ({
  policy: JSON.stringify({ Statement: [{ Sid: 'S', Effect: 'Allow', ...statement }] }),
});

describe('the policy pack on policy documents', () => {
  const named = { Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::state/.pulumi/*'] };

  it('takes named actions on named resources, also as plain texts and objects', () => {
    expect(wildcardsOf(rolePolicy, allow(named))).to.deep.equal([]);
    const one = { Statement: { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::state' } };
    expect(wildcardsOf(rolePolicy, { policy: one })).to.deep.equal([]);
  });

  for (const [what, change, problem] of [
    ['all actions of a service', { Action: 's3:*' }, 'policy, statement S allows s3:*; name each action.'],
    [
      'a part of the actions',
      { Action: ['s3:Get*'] },
      'policy, statement S allows s3:Get*; name each action.',
    ],
    ['every resource', { Resource: '*' }, 'policy, statement S allows it on *; name each resource.'],
    [
      'every bucket',
      { Resource: 'arn:aws:s3:::*/.pulumi/*' },
      'policy, statement S allows it on arn:aws:s3:::*/.pulumi/*; name each resource.',
    ],
    [
      'a secret by prefix',
      { Resource: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/*' },
      'policy, statement S allows it on arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/*; name each resource.',
    ],
    [
      'all but',
      { NotAction: 'iam:*' },
      'policy, statement S allows all but some actions; name those that it needs.',
    ],
    [
      'on all but',
      { NotResource: 'x' },
      'policy, statement S allows it on all but some resources; name those that it needs.',
    ],
    ['everyone', { Principal: '*' }, 'policy, statement S allows it to everyone; name who may.'],
    [
      'every account',
      { Principal: { AWS: ['*'] } },
      'policy, statement S allows it to everyone; name who may.',
    ],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(wildcardsOf(rolePolicy, allow({ ...named, ...change }))).to.deep.equal([problem]);
    });

  it('lets a denial be as wide as it likes, and a key’s policy speak of that key', () => {
    expect(
      wildcardsOf('aws:s3/bucketPolicy:BucketPolicy', {
        policy: JSON.stringify(bucketPolicy('arn:aws:s3:::state')),
      }),
    ).to.deep.equal([]);
    const key = {
      Statement: [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: '*', Principal: { AWS: ['arn'] } }],
    };
    expect(wildcardsOf('aws:kms/key:Key', { policy: JSON.stringify(key) })).to.deep.equal([]);
  });
});

describe('the policy pack on buckets', () => {
  const of = (type: string, props: object): StackResource => ({
    ...{ type, name: 'x', urn: `urn:${type}`, props: props as Record<string, unknown> },
    propertyDependencies: { bucket: [{ urn: 'urn:bucket' }] },
  });
  const bucket: StackResource = {
    ...{ type: 'aws:s3/bucket:Bucket', name: 'state', urn: 'urn:bucket', props: {} },
    propertyDependencies: {},
  };
  const right = [
    of('aws:s3/bucketVersioning:BucketVersioning', { versioningConfiguration: { status: 'Enabled' } }),
    of('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', {
      ...{
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
    }),
    of('aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration', {
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' } }],
    }),
    of('aws:s3/bucketPolicy:BucketPolicy', { policy: JSON.stringify(bucketPolicy('arn:aws:s3:::state')) }),
  ];

  it('takes one that is private, versioned, encrypted and TLS only', () => {
    expect([...bucketProblems([bucket, ...right])]).to.deep.equal([]);
  });

  it('misses each of the four, also when it is there for another bucket, or wrong', () => {
    expect([...bucketProblems([bucket])].map(({ problem }) => problem)).to.deep.equal([
      'Bucket state may become public; block public access in all four ways.',
      'Bucket state keeps no versions; enable versioning, or a damaged state is lost.',
      'Bucket state is not encrypted by KMS; give it a key.',
      'Bucket state takes requests without TLS; deny them in its policy.',
    ]);
    const others = right.map((each) => ({
      ...each,
      propertyDependencies: { bucket: [{ urn: 'urn:other' }] },
    }));
    expect([...bucketProblems([bucket, ...others])]).to.have.length(4);
    const wrong = right.map(({ type }) =>
      of(type, { versioningConfiguration: { status: 'Suspended' }, blockPublicAcls: true }),
    );
    expect([...bucketProblems([bucket, ...wrong])]).to.have.length(4);
  });

  it('refuses public ACLs, and rules that expire what is current', () => {
    expect(bucketSettingProblems('aws:s3/bucket:Bucket', { acl: 'public-read' })).to.have.length(1);
    expect(bucketSettingProblems('aws:s3/bucketAcl:BucketAcl', { acl: 'private' })).to.deep.equal([]);
    const lifecycle = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
    const rules = [{ id: 'all', status: 'Enabled', expiration: { days: 30 } }];
    expect(bucketSettingProblems(lifecycle, { rules })[0]).to.match(
      /^Lifecycle rule all expires objects as they are now/,
    );
    expect(
      bucketSettingProblems(lifecycle, { rules: [{ expiration: { expiredObjectDeleteMarker: true } }] }),
    ).to.deep.equal([]);
  });
});

describe('the policy pack on secrets', () => {
  const secretsIn = (type: string, props: Record<string, unknown>): string[] => [
    ...plainSecrets(type, props),
  ];
  const podType = 'kubernetes:core/v1:Pod';
  const variable = (name: string, value: unknown): Record<string, unknown> => ({
    spec: { containers: [{ name: 'c', env: [{ name, value }] }] },
  });

  for (const [name, value] of [
    ['PULUMI_CONFIG_PASSPHRASE', 'x'],
    ['MYSQL_PASSWORD', 'x'],
    ['ANYTHING', 'AKIA0123456789ABCDEF'],
    ['ANYTHING', 'https://user:pass@example.org'],
    ['ANYTHING', '-----BEGIN RSA PRIVATE KEY-----'],
  ])
    it(`sees ${name} = ${value} in a pod`, () => {
      expect(secretsIn(podType, variable(String(name), value))).to.deep.equal([
        `Variable ${name} is a secret in the open; take it from a Secret by valueFrom.`,
      ]);
    });

  it('sees none in a setting whose name only looks like one', () => {
    const name = 'CREDENTIAL_ROTATION_KEEP_OLD_PASSWORD';
    expect(secretsIn(podType, variable(name, 'true'))).to.deep.equal([]);
  });

  it('sees one beside a value that is not known yet', () => {
    const unknown = {
      name: 'LATER',
      get value(): never {
        throw new Error('not known during preview');
      },
    };
    const env = [unknown, { name: 'MYSQL_PASSWORD', value: 'x' }];
    const seen: string[] = [];
    const look = (): void => {
      for (const problem of plainSecrets(podType, { spec: { containers: [{ env }] } })) seen.push(problem);
    };
    expect(look).to.throw('not known during preview');
    expect(seen).to.have.length(1);
  });

  it('takes what is no secret, and what comes from a Secret', () => {
    expect(secretsIn(podType, variable('RDS_SLOT_SECRET_ID', 'openemr/slots'))).to.deep.equal([]);
    expect(secretsIn(podType, variable('MYSQL_PASSWORD', undefined))).to.deep.equal([]);
  });

  it('sees values in Secrets and ConfigMaps, and a version that takes AWSCURRENT', () => {
    expect(secretsIn('kubernetes:core/v1:Secret', { stringData: { a: 'b' } })).to.have.length(1);
    expect(secretsIn('kubernetes:core/v1:Secret', {})).to.deep.equal([]);
    expect(
      plainSecrets('kubernetes:core/v1:ConfigMap', { data: { 'mysql-password': 'x', note: 'y' } }),
    ).to.have.length(1);
    const version = 'aws:secretsmanager/secretVersion:SecretVersion';
    for (const versionStages of [undefined, ['AWSCURRENT'], ['MINE', 'AWSCURRENT']])
      expect(secretsIn(version, { versionStages })).to.have.length(1);
    expect(secretsIn(version, { versionStages: ['MINE'] })).to.deep.equal([]);
  });
});

describe('the policy pack on pods', () => {
  const pod = rotationPodSpec(exampleSettings);
  const [container] = pod.containers;
  const withPod = (change: object): string[] =>
    podProblems('kubernetes:core/v1:Pod', { spec: { ...pod, ...change } });
  const withContainer = (change: object): string[] => withPod({ containers: [{ ...container, ...change }] });
  const security = container?.securityContext;

  it('takes the rotation’s own', () => expect(withPod({})).to.deep.equal([]));

  for (const [what, problems, word] of [
    ['root', withPod({ securityContext: { ...pod.securityContext, runAsUser: 0 } }), 'root'],
    ['any user', withPod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }), 'root'],
    ['any system call', withPod({ securityContext: { runAsNonRoot: true } }), 'seccompProfile'],
    ['variables of Services', withPod({ enableServiceLinks: true }), 'enableServiceLinks'],
    ['the node’s network', withPod({ hostNetwork: true }), 'hostNetwork'],
    [
      'a folder of the node',
      withPod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
      'folder of the node',
    ],
    [
      'more privileges',
      withContainer({ securityContext: { ...security, allowPrivilegeEscalation: true } }),
      'privileges',
    ],
    ['all privileges', withContainer({ securityContext: { ...security, privileged: true } }), 'privileged'],
    [
      'a root that can be written',
      withContainer({ securityContext: { ...security, readOnlyRootFilesystem: false } }),
      'readOnlyRootFilesystem',
    ],
    [
      'a capability',
      withContainer({ securityContext: { ...security, capabilities: { drop: ['ALL'], add: ['CHOWN'] } } }),
      'capabilities',
    ],
    ['an image without tag', withContainer({ image: 'rotation' }), 'image that moves'],
    ['all memory', withContainer({ resources: {} }), 'memory'],
    [
      'root in an init container',
      withPod({ initContainers: [{ ...container, securityContext: { ...security, privileged: true } }] }),
      'privileged',
    ],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include(word);
    });

  it('looks into Jobs and CronJobs too', () => {
    const template = { spec: { ...pod, hostPID: true } };
    expect(podProblems('kubernetes:batch/v1:Job', { spec: { template } })).to.have.length(1);
    expect(
      podProblems('kubernetes:batch/v1:CronJob', { spec: { jobTemplate: { spec: { template } } } }),
    ).to.have.length(1);
  });
});
