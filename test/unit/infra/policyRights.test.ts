import { expect } from 'chai';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { role, roleBinding } from '../../../infra/kubernetes/role';
import { clusterRightProblems } from '../../../infra/policy/clusterRights';
import { managedPoliciesOf, wildcardsOf } from '../../../infra/policy/documents';

describe('the policy pack on policies that stand elsewhere', () => {
  const statement = { Sid: 'S', Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::state'] };
  const policy = JSON.stringify({ Statement: [statement] });
  const sentence = (where: string): string => `${where}, statement S allows s3:*; name each action.`;

  it('sees the inline policies of a role, each', () => {
    const named = JSON.stringify({ Statement: [{ ...statement, Action: 's3:ListBucket' }] });
    const inlinePolicies = [
      { name: 'a', policy: named },
      { name: 'b', policy },
    ];
    expect(wildcardsOf('aws:iam/role:Role', { inlinePolicies })).to.deep.equal([
      sentence('inlinePolicies.1.policy'),
    ]);
  });

  for (const type of [
    ...[
      'iam/userPolicy:UserPolicy',
      'iam/groupPolicy:GroupPolicy',
      's3/bucket:Bucket',
      's3/bucketV2:BucketV2',
    ],
    ...['secretsmanager/secret:Secret', 'efs/fileSystemPolicy:FileSystemPolicy', 'kms/keyPolicy:KeyPolicy'],
  ])
    it(`sees that of ${type}`, () =>
      expect(wildcardsOf(`aws:${type}`, { policy })).to.deep.equal([sentence('policy')]));

  const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';
  for (const [type, props] of [
    ['rolePolicyAttachment:RolePolicyAttachment', { role: 'rotation', policyArn: admin }],
    ['policyAttachment:PolicyAttachment', { policyArn: 'arn:aws-us-gov:iam::aws:policy/service-role/X' }],
    ['userPolicyAttachment:UserPolicyAttachment', { policyArn: admin }],
    ['rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive', { policyArns: [admin] }],
    ['role:Role', { managedPolicyArns: ['arn:aws:iam::111122223333:policy/own', admin] }],
  ] as const)
    it(`refuses a policy of Amazon in ${type}`, () => {
      const problems = managedPoliciesOf(`aws:iam/${type}`, props);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(
        / gives arn:aws[\w-]*:iam::aws:policy\/.*; write a policy of just what is needed\.$/,
      );
    });

  it('takes a policy of one’s own', () => {
    const own = { policyArn: 'arn:aws:iam::111122223333:policy/own' };
    expect(managedPoliciesOf('aws:iam/rolePolicyAttachment:RolePolicyAttachment', own)).to.deep.equal([]);
  });
});

describe('the policy pack on RBAC', () => {
  const group = 'kubernetes:rbac.authorization.k8s.io/v1';
  const rights = (change: object, kind = 'Role'): string[] => {
    const rule = {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['one'],
      verbs: ['get'],
      ...change,
    };
    return clusterRightProblems(`${group}:${kind}`, { rules: [rule] });
  };

  it('takes the rotation’s own, with all its comfort', () => {
    const optionalRights = { lease: true, events: true, pods: true, workloads: true, canary: true };
    const { rules } = role({ ...exampleSettings, optionalRights });
    expect(clusterRightProblems(`${group}:Role`, { rules })).to.deep.equal([]);
    const { roleRef, subjects } = roleBinding(exampleSettings);
    expect(clusterRightProblems(`${group}:RoleBinding`, { roleRef, subjects })).to.deep.equal([]);
    expect(rights({})).to.deep.equal([]);
  });

  for (const [what, problems, sentence] of [
    ['all verbs', rights({ verbs: ['*'] }), 'Rule 0 has a wildcard among its verbs; name each.'],
    ['all resources', rights({ resources: ['*'] }), 'Rule 0 has a wildcard among its resources; name each.'],
    [
      'all parts of one',
      rights({ resources: ['pods/*'] }),
      'Rule 0 has a wildcard among its resources; name each.',
    ],
    [
      'all groups',
      rights({ apiGroups: ['*'] }, 'ClusterRole'),
      'Rule 0 has a wildcard among its apiGroups; name each.',
    ],
    [
      'all addresses',
      rights({ resources: [], nonResourceURLs: ['/metrics/*'] }, 'ClusterRolePatch'),
      'Rule 0 has a wildcard among its nonResourceURLs; name each.',
    ],
    [
      'every Secret',
      rights({ resourceNames: undefined }),
      'Rule 0 is about every Secret of the namespace; name those that it needs as resourceNames.',
    ],
    [
      'rights of others',
      rights({ resources: ['roles'], verbs: ['escalate'] }),
      'Rule 0 allows escalate, by which an account gets rights of others; take it away.',
    ],
    [
      'an administrator',
      clusterRightProblems(`${group}:RoleBinding`, { roleRef: { name: 'cluster-admin' }, subjects: [] }),
      'The binding gives cluster-admin; make a Role of just what is needed.',
    ],
    [
      'everybody',
      clusterRightProblems(`${group}:ClusterRoleBinding`, {
        ...{ roleRef: { name: 'x' }, subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
      }),
      'The binding gives rights to system:authenticated; name who may.',
    ],
  ] as const)
    it(`refuses ${what}`, () => expect(problems).to.deep.equal([sentence]));
});
