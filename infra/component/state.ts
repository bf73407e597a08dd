import { Bucket } from '@pulumi/aws/s3/bucket';
import { BucketLifecycleConfiguration } from '@pulumi/aws/s3/bucketLifecycleConfiguration';
import { BucketOwnershipControls } from '@pulumi/aws/s3/bucketOwnershipControls';
import { BucketPolicy } from '@pulumi/aws/s3/bucketPolicy';
import { BucketPublicAccessBlock } from '@pulumi/aws/s3/bucketPublicAccessBlock';
import { BucketServerSideEncryptionConfiguration } from '@pulumi/aws/s3/bucketServerSideEncryptionConfiguration';
import { BucketVersioning } from '@pulumi/aws/s3/bucketVersioning';
import type { Output } from '@pulumi/pulumi';
import { interpolate, output } from '@pulumi/pulumi';
import { bucketPolicy } from '../aws/resourcePolicies';
import { stateLifecycle } from '../aws/stateLifecycle';
import type { CheckedAws } from '../inputs/inputs';
import { keyFor } from './keys';
import { childOf, keptChildOf, type Scope } from './scope';

/** Where the states are. */
export interface State {
  bucketArn: Output<string>;
  /** The bucket's key; undefined when the bucket is under a key of Amazon. */
  keyArn: Output<string> | undefined;
  backendUrl: Output<string>;
}

/** Makes the bucket, or adopts one, which is left as it is. */
export function stateFor(scope: Scope, { stateBucket, stateKey }: CheckedAws): State {
  const { region } = scope.inputs;
  const keyArn = stateKey.awsManaged
    ? undefined
    : keyFor(scope, 'state', stateKey.adopt, "Encrypts the bucket of the credential rotation's states");
  const bucket = stateBucket.adopt
    ? {
        name: output(stateBucket.adopt),
        arn: interpolate`arn:${partitionOf(region)}:s3:::${stateBucket.adopt}`,
      }
    : makeBucket(scope, stateBucket, keyArn);
  const folder = stateBucket.folder === '' ? '' : `/${stateBucket.folder}`;
  return {
    bucketArn: bucket.arn,
    keyArn,
    backendUrl: interpolate`s3://${bucket.name}${folder}?region=${region}`,
  };
}

function makeBucket(
  scope: Scope,
  { name: wanted, keepVersionsDays }: CheckedAws['stateBucket'],
  keyArn: Output<string> | undefined,
): { name: Output<string>; arn: Output<string> } {
  const { region, aws } = scope.inputs;
  const name = `${scope.name}-state`;
  const made = new Bucket(
    name,
    { region, tags: aws?.tags ?? {}, ...(wanted === undefined ? {} : { bucket: wanted }) },
    keptChildOf(scope),
  );
  const bucket = made.bucket;
  const options = childOf(scope);
  new BucketOwnershipControls(
    name,
    { bucket, region, rule: { objectOwnership: 'BucketOwnerEnforced' } },
    options,
  );
  const access = new BucketPublicAccessBlock(
    name,
    {
      bucket,
      region,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    options,
  );
  new BucketServerSideEncryptionConfiguration(name, { bucket, region, rules: [encryption(keyArn)] }, options);
  const versioning = new BucketVersioning(
    name,
    { bucket, region, versioningConfiguration: { status: 'Enabled' } },
    options,
  );
  new BucketLifecycleConfiguration(
    name,
    { bucket, region, rules: stateLifecycle(keepVersionsDays) },
    childOf(scope, { dependsOn: [versioning] }),
  );
  const policy = made.arn.apply((arn) => JSON.stringify(bucketPolicy(arn)));
  new BucketPolicy(name, { bucket, region, policy }, childOf(scope, { dependsOn: [access] }));
  return { name: bucket, arn: made.arn };
}

function encryption(keyArn: Output<string> | undefined) {
  return {
    applyServerSideEncryptionByDefault: {
      sseAlgorithm: 'aws:kms',
      ...(keyArn === undefined ? {} : { kmsMasterKeyId: keyArn }),
    },
    // One data key for many objects: fewer calls of KMS, the same right.
    bucketKeyEnabled: true,
  };
}

/** Regions of China and of GovCloud have partitions of their own. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
