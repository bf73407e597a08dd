import path from 'node:path';
import { Config, runtime } from '@pulumi/pulumi';
import type { ResourceTransformation } from '@pulumi/pulumi';
import type { ConfigMap, PulumiFn, Stack } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { parse } from 'yaml';
import { inputsFromConfig } from '../../infra/component/config';
import { CredentialRotation } from '../../infra/component/credentialRotation';
import type { Lab, Site } from '../../lab';
import { repositoryText } from '../unit/docs/readme';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { platformStack, said, withPolicies } from './support/platformStack';

const projectName = 'openemr-credential-rotation-platform';
const passwordKey = `${projectName}:adminPassword`;
const password = 'the-admins-own-password';
const wide = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Sid: 'All', Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::state'] }],
});

/** The example of the documentation, in a namespace of the lab. */
function exampleConfig(namespace: string): ConfigMap {
  const { config } = parse(repositoryText('infra/Pulumi.prod.yaml')) as { config: Record<string, unknown> };
  const given = { ...config, [`${projectName}:namespace`]: namespace };
  const texts = Object.entries(given).map(([key, value]): [string, { value: string }] => [
    key,
    { value: typeof value === 'string' ? value : JSON.stringify(value) },
  ]);
  return { ...Object.fromEntries(texts), [passwordKey]: { value: password, secret: true } };
}

/** Changes the properties of one type of resources, as somebody who uses the component could. */
function changing(type: string, change: Record<string, unknown>): ResourceTransformation {
  return ({ type: each, props, opts }) =>
    each === type ? { props: { ...(props as object), ...change }, opts } : undefined;
}

/** The program of infra/index.ts, with what somebody does to its resources. */
function program(transformation?: ResourceTransformation): PulumiFn {
  return async () => {
    if (transformation) runtime.registerStackTransformation(transformation);
    new CredentialRotation('credential-rotation', inputsFromConfig(new Config()));
  };
}

/** What the pack must refuse, by the rule that does, and what it says. */
const broken: [what: string, type: string, change: Record<string, unknown>, rule: string, says: string][] = [
  [
    'a bucket that may become public',
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    { blockPublicPolicy: false },
    'safe-buckets',
    'Bucket credential-rotation-state may become public',
  ],
  [
    'a bucket with a public ACL',
    'aws:s3/bucket:Bucket',
    { acl: 'public-read' },
    'bucket-settings',
    'The ACL public-read is public',
  ],
  [
    'a wildcard action of the role',
    'aws:iam/rolePolicy:RolePolicy',
    { policy: wide },
    'named-rights',
    'policy, statement All allows s3:*; name each action.',
  ],
  [
    'an inline policy of the role',
    'aws:iam/role:Role',
    { inlinePolicies: [{ name: 'all', policy: wide }] },
    'named-rights',
    'inlinePolicies.0.policy, statement All allows s3:*; name each action.',
  ],
  [
    'an administrator',
    'aws:iam/role:Role',
    { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
    'no-managed-policy',
    'managedPolicyArns gives arn:aws:iam::aws:policy/AdministratorAccess',
  ],
  [
    'all verbs in the cluster',
    'kubernetes:rbac.authorization.k8s.io/v1:Role',
    { rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['*'] }] },
    'named-cluster-rights',
    'Rule 0 has a wildcard among its verbs; name each.',
  ],
  [
    'a version of a secret that takes AWSCURRENT',
    'aws:secretsmanager/secretVersion:SecretVersion',
    { versionStages: ['AWSCURRENT'] },
    'no-plain-secret',
    'The version takes AWSCURRENT',
  ],
];

// Which database it is does not matter: none is asked.
for (const database of databases.slice(0, 1)) {
  describe('the whole program of infra/, previewed by the engine with its policy pack', function () {
    this.timeout(180_000);
    let lab: Lab;
    let site: Site;
    let stack: Stack;
    let config: ConfigMap;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = site.environment;
      stack = await platformStack(lab, path.join(site.folder, 'preview'), program(), {
        projectName,
        envVars: { AWS_ENDPOINT_URL: lab.aws.endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      });
      config = { ...exampleConfig(site.namespace), 'aws:region': { value: 'us-east-1' } };
      await stack.setAllConfig(config);
    });
    after(() => site.remove());

    const preview = (transformation?: ResourceTransformation): Promise<string> => {
      stack.workspace.program = program(transformation);
      return said(stack.preview(withPolicies));
    };

    it('passes with the example of the documentation: both halves, and no rule broken', async () => {
      stack.workspace.program = program();
      const { changeSummary, stdout } = await stack.preview(withPolicies);
      expect(stdout)
        .to.match(/openemr-credential-rotation@/)
        .and.not.to.include('[mandatory]');
      expect(changeSummary).to.deep.equal({ create: 36 });
      expect(stdout).not.to.include(password);
    });

    for (const [what, type, change, rule, says] of broken)
      it(`is refused by the pack with ${what}${longUnless(/bucket that|administrator|cluster/.test(what))}`, async () => {
        const ended = await preview(changing(type, change));
        expect(ended).to.match(new RegExp(`\\[mandatory\\]\\s+${rule}\\b`));
        expect(ended).to.include(says);
        expect(ended).not.to.match(/^done/);
      });

    it('is refused by the pack with a login in a variable, beside values that only AWS knows', async () => {
      const key = `${projectName}:kubernetes`;
      const kubernetes = JSON.parse(config[key]?.value ?? '') as Record<string, unknown>;
      const environment = { HTTPS_PROXY: 'http://somebody:password@proxy.example:3128' };
      await stack.setConfig(key, { value: JSON.stringify({ ...kubernetes, environment }) });
      const ended = await preview();
      await stack.setAllConfig(config);
      expect(ended).to.match(/\[mandatory\]\s+no-plain-secret\b/);
      expect(ended).to.include('Variable HTTPS_PROXY is a secret in the open');
    });

    it('is refused by the program with an admin password that is no secret', async () => {
      await stack.setConfig(passwordKey, { value: password, secret: false });
      const ended = await preview();
      await stack.setConfig(passwordKey, { value: password, secret: true });
      expect(ended)
        .to.include('adminPassword is plain text in the stack file; give the admin another password')
        .and.not.to.include('    at ')
        .and.not.to.include(password);
    });
  });
}
