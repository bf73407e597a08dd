import type { Policies, ResourceValidationPolicy } from '@pulumi/policy';
import { bucketProblems, bucketSettingProblems } from './buckets';
import { clusterRightProblems } from './clusterRights';
import { managedPoliciesOf, wildcardsOf } from './documents';
import { plainSecrets, podProblems } from './pods';

/** A rule of single resources: their type and properties → problems. */
export interface ResourceRule {
  name: string;
  description: string;
  problemsOf: (type: string, props: Record<string, unknown>) => Iterable<string>;
}

/** All rules of single resources. */
export const resourceRules: readonly ResourceRule[] = [
  {
    name: 'named-rights',
    description: 'What is allowed names its actions and resources, and nobody is everyone.',
    problemsOf: wildcardsOf,
  },
  {
    name: 'no-managed-policy',
    description: 'Nobody gets a policy that Amazon wrote: AdministratorAccess, or any other.',
    problemsOf: managedPoliciesOf,
  },
  {
    name: 'named-cluster-rights',
    description:
      'RBAC names its verbs, resources and Secrets, and nobody gets the rights of an administrator.',
    problemsOf: clusterRightProblems,
  },
  {
    name: 'bucket-settings',
    description: 'No ACL of a bucket is public, and no rule expires an object as it is now.',
    problemsOf: bucketSettingProblems,
  },
  {
    name: 'no-plain-secret',
    description: 'No secret stands in the open in pods, ConfigMaps, Secrets or versions of secrets.',
    problemsOf: plainSecrets,
  },
  {
    name: 'hardened-pods',
    description: 'Pods run without root, capabilities, and a root file system that can be written.',
    problemsOf: podProblems,
  },
];

function policyOf({ name, description, problemsOf }: ResourceRule): ResourceValidationPolicy {
  return {
    name,
    description,
    enforcementLevel: 'mandatory',
    validateResource: ({ type, props }, report) => {
      for (const problem of problemsOf(type, props)) report(problem);
    },
  };
}

/** The policies of the pack; all are mandatory. */
export const policies: Policies = [
  ...resourceRules.map(policyOf),
  {
    name: 'safe-buckets',
    description: 'Every bucket is private, versioned, encrypted by KMS, and TLS only.',
    enforcementLevel: 'mandatory',
    validateStack: ({ resources }, report) => {
      for (const { urn, problem } of bucketProblems(resources)) report(problem, urn);
    },
  },
];
