import { expect } from 'chai';
import { rotationPolicy } from '../../../infra/aws/policies';
import type { Statement } from '../../../infra/aws/policyDocument';
import { bucketPolicy, secretPolicy } from '../../../infra/aws/resourcePolicies';
import { stateLifecycle } from '../../../infra/aws/stateLifecycle';
import { irsaTrust, podIdentityTrust } from '../../../infra/aws/trust';
import { readInputs } from '../../../infra/inputs/read';
import { repositoryText } from '../docs/readme';
import { adopted, there } from './inputs';

const settings = {
  region: 'us-east-1',
  slotSecretArn: there.slotSecret,
  adminSecretArn: there.adminSecret,
  secretsKeyArns: [there.key],
  state: { bucketArn: 'arn:aws:s3:::state', prefix: '', keyArn: there.stateKey },
  secretsProviderKeyArn: there.passwordsKey,
};

/** Action on resource under condition, one line each, sorted: what a policy allows, however it is written. */
function allowed(statements: readonly Statement[]): string[] {
  return statements
    .flatMap(({ Effect, Action, Resource = [], Condition }) =>
      Action.flatMap((action) =>
        Resource.map(
          (resource) => `${Effect} ${action} ${resource}${Condition ? ` ${JSON.stringify(Condition)}` : ''}`,
        ),
      ),
    )
    .sort();
}

const through = (service: string): string =>
  JSON.stringify({ StringEquals: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` } });
const secretActions = [
  'GetSecretValue',
  'DescribeSecret',
  'PutSecretValue',
  'UpdateSecretVersionStage',
  'ListSecretVersionIds',
];

describe('policy documents', () => {
  it('let the role do exactly what a rotation does, on exactly its ARNs', () => {
    expect(allowed(rotationPolicy(settings).Statement)).to.deep.equal(
      [
        ...[there.slotSecret, there.adminSecret].flatMap((arn) =>
          secretActions.map((action) => `Allow secretsmanager:${action} ${arn}`),
        ),
        `Allow kms:Decrypt ${there.key} ${through('secretsmanager')}`,
        `Allow kms:GenerateDataKey ${there.key} ${through('secretsmanager')}`,
        'Allow s3:ListBucket arn:aws:s3:::state',
        ...['GetObject', 'PutObject', 'DeleteObject'].map(
          (action) => `Allow s3:${action} arn:aws:s3:::state/.pulumi/*`,
        ),
        `Allow kms:Decrypt ${there.stateKey} ${through('s3')}`,
        `Allow kms:GenerateDataKey ${there.stateKey} ${through('s3')}`,
        `Allow kms:Encrypt ${there.passwordsKey}`,
        `Allow kms:Decrypt ${there.passwordsKey}`,
      ].sort(),
    );
  });

  it('name a folder of the bucket, and leave out the keys that Amazon keeps', () => {
    const state = { bucketArn: 'arn:aws:s3:::state', prefix: 'a/b' };
    const lines = allowed(rotationPolicy({ ...settings, secretsKeyArns: [], state }).Statement);
    expect(lines).to.include('Allow s3:PutObject arn:aws:s3:::state/a/b/.pulumi/*');
    expect(lines.filter((line) => line.includes('kms:'))).to.deep.equal([
      `Allow kms:Decrypt ${there.passwordsKey}`,
      `Allow kms:Encrypt ${there.passwordsKey}`,
    ]);
  });

  it('fit into an inline policy with as many further secrets as the inputs take, of the longest usual names', () => {
    const furtherSecretArns = Array.from({ length: 80 }, (_, at) =>
      there.furtherSecret.replace('clinic-b', `openemr/clinic-of-a-long-name-${at}`),
    );
    // IAM counts no white space (docs.aws.amazon.com, "IAM and AWS STS quotas"): 10,240 for the policies of a role.
    const size = JSON.stringify(rotationPolicy({ ...settings, furtherSecretArns })).length;
    expect(size).to.be.within(8_000, 10_240);
    const { aws } = adopted;
    const inputs = {
      ...adopted,
      aws: { ...aws, furtherSecrets: [...furtherSecretArns, there.furtherSecret] },
    };
    expect(() => readInputs(inputs)).to.throw('at most 80');
  });

  it('have every action that docs/production.md names, and no other', () => {
    const [, text = ''] = /\n## AWS\n([\s\S]*?)\n## /.exec(repositoryText('docs', 'production.md')) ?? [];
    const named = [...new Set(text.match(/\b(secretsmanager|kms|s3):[A-Z]\w+/g))].sort();
    const used = rotationPolicy(settings).Statement.flatMap(({ Action }) => Action);
    expect([...new Set(used)].sort()).to.deep.equal(named);
  });

  it('trust the one ServiceAccount', () => {
    const account = { namespace: 'openemr', serviceAccount: 'rotation-sa' };
    expect(podIdentityTrust(account, 'production').Statement).to.deep.equal([
      {
        Sid: 'PodIdentity',
        Effect: 'Allow',
        Principal: { Service: ['pods.eks.amazonaws.com'] },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-name': 'production',
            'aws:RequestTag/kubernetes-namespace': 'openemr',
            'aws:RequestTag/kubernetes-service-account': 'rotation-sa',
          },
        },
      },
    ]);
    expect(irsaTrust(account, there.oidcProvider).Statement).to.deep.equal([
      {
        Sid: 'Irsa',
        Effect: 'Allow',
        Principal: { Federated: [there.oidcProvider] },
        Action: ['sts:AssumeRoleWithWebIdentity'],
        Condition: {
          StringEquals: {
            'oidc.eks.us-east-1.amazonaws.com/id/ABCDEF:aud': 'sts.amazonaws.com',
            'oidc.eks.us-east-1.amazonaws.com/id/ABCDEF:sub': 'system:serviceaccount:openemr:rotation-sa',
          },
        },
      },
    ]);
  });

  it('refuse what does not come by TLS, to everyone', () => {
    const resources = ['arn:aws:s3:::state', 'arn:aws:s3:::state/*'];
    const everyone = { Effect: 'Deny', Principal: '*', Action: ['s3:*'], Resource: resources };
    expect(bucketPolicy('arn:aws:s3:::state').Statement).to.deep.equal([
      { Sid: 'OnlyTls', ...everyone, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Sid: 'OnlyNewTls', ...everyone, Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
    ]);
    expect(secretPolicy(there.slotSecret, []).Statement.map(({ Sid }) => Sid)).to.deep.equal(['OnlyTls']);
  });

  it('keep a secret for its readers, and leave its policy to whoever may change it', () => {
    const [, readers] = secretPolicy(there.slotSecret, [there.role, there.reader]).Statement;
    expect(readers?.Effect).to.equal('Deny');
    expect(readers?.Condition).to.deep.equal({
      ArnNotEquals: { 'aws:PrincipalArn': [there.role, there.reader] },
    });
    expect(readers?.Action).not.to.include('secretsmanager:PutResourcePolicy');
    expect(readers?.Action).to.have.members(
      // Whatever takes or gives a value; a replica in another region has no policy of its own.
      [
        'GetSecretValue',
        'PutSecretValue',
        'UpdateSecret',
        'UpdateSecretVersionStage',
        'ReplicateSecretToRegions',
      ].map((action) => `secretsmanager:${action}`),
    );
  });
});

describe('the lifecycle of the state bucket', () => {
  it('never expires an object as it is now: no state, no lock', () => {
    for (const rule of stateLifecycle(365)) {
      expect(rule.expiration ?? {}).not.to.have.any.keys('days', 'date');
      expect(Object.keys(rule)).not.to.include('transitions');
    }
    const versions = stateLifecycle(90).flatMap(({ noncurrentVersionExpiration: each }) =>
      each ? [each] : [],
    );
    expect(versions).to.deep.equal([{ noncurrentDays: 90, newerNoncurrentVersions: 20 }]);
  });
});
