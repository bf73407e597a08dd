import type { Policies, ResourceValidationPolicy } from '@pulumi/policy';
import { bucketProblems, bucketSettingProblems } from './buckets';
import { wildcardsOf } from './documents';
import { plainSecrets, podProblems } from './pods';

/** A rule of single resources: their type and properties → problems. */
function rule(
  name: string,
  description: string,
  problemsOf: (type: string, props: Record<string, unknown>) => string[],
): ResourceValidationPolicy {
  return {
    name,
    description,
    enforcementLevel: 'mandatory',
    validateResource: ({ type, props }, report) =>
      problemsOf(type, props).forEach((problem) => report(problem)),
  };
}

/** The policies of the pack; all are mandatory. */
export const policies: Policies = [
  rule(
    'named-rights',
    'What is allowed names its actions and resources, and nobody is everyone.',
    wildcardsOf,
  ),
  rule(
    'bucket-settings',
    'No ACL of a bucket is public, and no rule expires an object as it is now.',
    bucketSettingProblems,
  ),
  rule(
    'no-plain-secret',
    'No secret stands in the open in pods, ConfigMaps, Secrets or versions of secrets.',
    plainSecrets,
  ),
  rule(
    'hardened-pods',
    'Pods run without root, capabilities, and a root file system that can be written.',
    podProblems,
  ),
  {
    name: 'safe-buckets',
    description: 'Every bucket is private, versioned, encrypted by KMS, and TLS only.',
    enforcementLevel: 'mandatory',
    validateStack: ({ resources }, report) => {
      for (const { urn, problem } of bucketProblems(resources)) report(problem, urn);
    },
  },
];
