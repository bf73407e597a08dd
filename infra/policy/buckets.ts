import { statementsOf } from './documents';
import { groupOf, listOf } from './texts';

/** A resource of a stack, as far as these rules look into it. */
export interface StackResource {
  type: string;
  name: string;
  urn: string;
  props: Record<string, unknown>;
  /** The resources that a property was made of. */
  propertyDependencies: Record<string, { urn: string }[]>;
}

type Companion = (props: Record<string, unknown>) => boolean;

/** What every bucket must have beside it, by type, and what is said when it has none that is right. */
const companions: Record<string, { right: Companion; problem: string }> = {
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': {
    right: (props) =>
      ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'].every(
        (name) => props[name] === true,
      ),
    problem: 'may become public; block public access in all four ways.',
  },
  'aws:s3/bucketVersioning:BucketVersioning': {
    right: (props) => groupOf(props['versioningConfiguration'])['status'] === 'Enabled',
    problem: 'keeps no versions; enable versioning, or a damaged state is lost.',
  },
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': {
    right: (props) =>
      listOf(props['rules']).some(
        (rule) => groupOf(groupOf(rule)['applyServerSideEncryptionByDefault'])['sseAlgorithm'] === 'aws:kms',
      ),
    problem: 'is not encrypted by KMS; give it a key.',
  },
  'aws:s3/bucketPolicy:BucketPolicy': {
    right: (props) => statementsOf(props['policy']).some(isTlsOnly),
    problem: 'takes requests without TLS; deny them in its policy.',
  },
};

function isTlsOnly({ Effect, Condition }: Record<string, unknown>): boolean {
  return Effect === 'Deny' && groupOf(groupOf(Condition)['Bool'])['aws:SecureTransport'] === 'false';
}

/** What is wrong with the buckets of a stack; each one sentence with the bucket's URN. */
export function* bucketProblems(
  resources: readonly StackResource[],
): Generator<{ urn: string; problem: string }> {
  const buckets = resources.filter(({ type }) => /^aws:s3\/bucket(V2)?:/.test(type));
  // What a preview does not know yet, mostly the policy, ends the rule: what is known comes first, of all buckets.
  for (const [type, { right, problem }] of Object.entries(companions))
    for (const bucket of buckets)
      if (!resources.some((each) => each.type === type && isOf(each, bucket) && right(each.props)))
        yield { urn: bucket.urn, problem: `Bucket ${bucket.name} ${problem}` };
}

/** By the resource that its `bucket` comes from: the name itself is not known before the bucket is made. */
function isOf({ propertyDependencies }: StackResource, { urn }: StackResource): boolean {
  return propertyDependencies['bucket']?.some((each) => each.urn === urn) === true;
}

/** What a bucket's own properties, its ACL or its lifecycle do that they must not. */
export function bucketSettingProblems(type: string, props: Record<string, unknown>): string[] {
  if (
    /^aws:s3\/bucket(V2|Acl|AclV2)?:/.test(type) &&
    /^public-|^authenticated-read$/.test(String(props['acl']))
  )
    return [`The ACL ${String(props['acl'])} is public; take it away.`];
  if (!/^aws:s3\/bucketLifecycleConfiguration(V2)?:/.test(type)) return [];
  return listOf(props['rules'])
    .map(groupOf)
    .filter(({ status, expiration }) => {
      const { days, date } = groupOf(expiration);
      return status !== 'Disabled' && (days ?? date) !== undefined;
    })
    .map(
      ({ id }) =>
        `Lifecycle rule ${String(id)} expires objects as they are now; a state or a lock would go: expire noncurrent versions.`,
    );
}
