import type { ResourceState, ResourceType } from '../../../../lab/plugins/resource';
import type { Properties } from '../../../../lab/plugins/values';
import type { Boto } from './boto';

/** AWS's spelling of what Pulumi gives it: each name with a capital letter, all the way down. */
function pascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascal);
  if (typeof value !== 'object' || value === null) return value;
  const named = Object.entries(value).map(([name, each]): [string, unknown] => [
    name === 'id' ? 'ID' : name.charAt(0).toUpperCase() + name.slice(1),
    pascal(each),
  ]);
  return Object.fromEntries(named);
}

/** These inputs without some of them. */
const without = (inputs: Properties, ...names: string[]): Properties =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)));

const nameOf = (inputs: Properties, otherwise: string): string => {
  const { name } = inputs;
  return typeof name === 'string' ? name : otherwise;
};

/** Makes a resource with these inputs; `unique` stands in for a name that Pulumi would find. */
type Make = (boto: Boto, inputs: Properties, unique: string) => Promise<Properties & { id: string }>;

/** A setting of a bucket, which one call makes. */
const ofBucket =
  (operation: string, params: (inputs: Properties) => object): Make =>
  async (boto, inputs) => {
    await boto.call('s3', operation, { Bucket: inputs['bucket'], ...params(inputs) });
    return { id: String(inputs['bucket']) };
  };

/** How each type of infra/ is made; what is not here is only written down, since moto does not have it. */
export const makers: Record<string, Make> = {
  'aws:kms/key:Key': async (boto, { description }) => {
    const { KeyMetadata } = await boto.call('kms', 'create_key', { Description: description });
    const { Arn, KeyId } = KeyMetadata as { Arn: string; KeyId: string };
    await boto.call('kms', 'enable_key_rotation', { KeyId });
    return { id: KeyId, arn: Arn, keyId: KeyId };
  },
  'aws:secretsmanager/secret:Secret': async (boto, { name, description, kmsKeyId }) => {
    const params = { Name: name, Description: description, KmsKeyId: kmsKeyId };
    const { ARN } = await boto.call('secretsmanager', 'create_secret', params);
    return { id: String(ARN), arn: ARN };
  },
  'aws:secretsmanager/secretPolicy:SecretPolicy': async (boto, inputs) => {
    const { secretArn, policy, blockPublicPolicy } = inputs;
    await boto.call('secretsmanager', 'put_resource_policy', {
      SecretId: secretArn,
      ResourcePolicy: policy,
      BlockPublicPolicy: blockPublicPolicy,
    });
    return { id: String(secretArn) };
  },
  'aws:s3/bucket:Bucket': async (boto, inputs, unique) => {
    const bucket = typeof inputs['bucket'] === 'string' ? inputs['bucket'] : unique;
    await boto.call('s3', 'create_bucket', { Bucket: bucket });
    return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}` };
  },
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': ofBucket(
    'put_bucket_ownership_controls',
    ({ rule }) => ({ OwnershipControls: { Rules: [pascal(rule)] } }),
  ),
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': ofBucket('put_public_access_block', (inputs) => ({
    PublicAccessBlockConfiguration: pascal(without(inputs, 'bucket', 'region')),
  })),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': ofBucket(
    'put_bucket_encryption',
    ({ rules }) => {
      const [{ applyServerSideEncryptionByDefault: by, bucketKeyEnabled }] = rules as [
        { applyServerSideEncryptionByDefault: Properties; bucketKeyEnabled: boolean },
      ];
      const { sseAlgorithm, kmsMasterKeyId } = by;
      const rule = { SSEAlgorithm: sseAlgorithm, KMSMasterKeyID: kmsMasterKeyId };
      return {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: rule, BucketKeyEnabled: bucketKeyEnabled }],
        },
      };
    },
  ),
  'aws:s3/bucketVersioning:BucketVersioning': ofBucket(
    'put_bucket_versioning',
    ({ versioningConfiguration }) => ({ VersioningConfiguration: pascal(versioningConfiguration) }),
  ),
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': ofBucket(
    'put_bucket_lifecycle_configuration',
    ({ rules }) => ({ LifecycleConfiguration: { Rules: pascal(rules) } }),
  ),
  'aws:s3/bucketPolicy:BucketPolicy': ofBucket('put_bucket_policy', ({ policy }) => ({ Policy: policy })),
  'aws:iam/role:Role': async (boto, inputs, unique) => {
    const RoleName = nameOf(inputs, unique);
    const { description, assumeRolePolicy } = inputs;
    const params = { RoleName, Description: description, AssumeRolePolicyDocument: assumeRolePolicy };
    const { Role } = await boto.call('iam', 'create_role', params);
    return { id: RoleName, name: RoleName, arn: (Role as { Arn: string }).Arn };
  },
  'aws:iam/rolePolicy:RolePolicy': async (boto, { role, name, policy }) => {
    await boto.call('iam', 'put_role_policy', { RoleName: role, PolicyName: name, PolicyDocument: policy });
    return { id: `${String(role)}:${String(name)}` };
  },
  'aws:efs/accessPoint:AccessPoint': async (boto, { fileSystemId, posixUser, rootDirectory }, unique) => {
    const { uid, gid } = posixUser as { uid: number; gid: number };
    const { AccessPointId } = await boto.call('efs', 'create_access_point', {
      ClientToken: unique,
      FileSystemId: fileSystemId,
      PosixUser: { Uid: uid, Gid: gid },
      RootDirectory: pascal(rootDirectory),
    });
    return { id: String(AccessPointId) };
  },
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': async (boto, inputs, unique) => {
    const { logGroupName, pattern, metricTransformation } = inputs;
    const { name, namespace, value, unit } = metricTransformation as Record<string, string>;
    await boto.call('logs', 'put_metric_filter', {
      logGroupName,
      filterName: unique,
      filterPattern: pattern,
      metricTransformations: [{ metricName: name, metricNamespace: namespace, metricValue: value, unit }],
    });
    return { id: unique };
  },
  'aws:cloudwatch/metricAlarm:MetricAlarm': async (boto, inputs, unique) => {
    const named = pascal(without(inputs, 'region', 'tags', 'okActions')) as object;
    const params = { ...named, OKActions: inputs['okActions'], AlarmName: unique };
    await boto.call('cloudwatch', 'put_metric_alarm', params);
    return { id: unique };
  },
};

/** A type that is previewed as the lab's stand-in does it, and made by these calls. Nothing is changed or taken away. */
export function madeType(previewed: ResourceType, boto: Boto): ResourceType {
  let count = 0;
  const create = async (inputs: Properties): Promise<ResourceState> => {
    count += 1;
    const kind = previewed.token.split(':').at(-1)?.toLowerCase() ?? '';
    const unique = `${kind}-${count}`;
    const make = makers[previewed.token];
    const { id, ...outputs } = make ? await make(boto, inputs, unique) : { id: unique };
    return { id, outputs: { ...inputs, ...outputs } };
  };
  return {
    token: previewed.token,
    properties: previewed.properties,
    check: (inputs) => previewed.check(inputs),
    diff: (state, inputs) => previewed.diff(state, inputs),
    preview: (inputs, state) => previewed.preview(inputs, state),
    create,
    read: async (id, state) => ({ id, outputs: state }),
    update: async (_id, state) => state,
    delete: async () => undefined,
  };
}
