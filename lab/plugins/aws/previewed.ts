import type { InputFailure, PropertySchema, ResourceState, ResourceType } from '../resource.js';
import { UNKNOWN, type Properties } from '../values.js';

/** What is known of a type: the inputs that infra/ gives, and what only AWS could fill in. */
interface Description {
  required: string[];
  optional: string[];
  computed: string[];
}

const of = (required: string, optional: string, computed = 'arn'): Description => {
  const names = (text: string): string[] => text.split(' ').filter(Boolean);
  return { required: names(required), optional: names(`region ${optional}`), computed: names(computed) };
};

/**
 * The types of infra/ besides SecretVersion, with the requirements of @pulumi/aws 7.48.0. They are known for Check and
 * Preview alone, so that the whole program of the platform can be previewed, and its policy pack be asked, without the
 * official plugin. Nothing of them is ever made: no rotation uses them, and a stand-in that made them would prove nothing
 * of AWS.
 */
const descriptions: Record<string, Description> = {
  'cloudwatch/logMetricFilter:LogMetricFilter': of('logGroupName metricTransformation pattern', 'name', ''),
  'cloudwatch/metricAlarm:MetricAlarm': of(
    'comparisonOperator evaluationPeriods',
    'alarmActions alarmDescription datapointsToAlarm metricName name namespace okActions period statistic tags threshold treatMissingData',
  ),
  'efs/accessPoint:AccessPoint': of('fileSystemId', 'posixUser rootDirectory tags'),
  'eks/podIdentityAssociation:PodIdentityAssociation': of(
    'clusterName namespace roleArn serviceAccount',
    'tags',
    'associationArn',
  ),
  'iam/role:Role': of(
    'assumeRolePolicy',
    'description inlinePolicies managedPolicyArns name tags',
    'arn name uniqueId',
  ),
  'iam/rolePolicy:RolePolicy': of('policy role', 'name', ''),
  'iam/rolePolicyAttachment:RolePolicyAttachment': of('policyArn role', '', ''),
  'kms/key:Key': of('', 'deletionWindowInDays description enableKeyRotation policy tags', 'arn keyId'),
  's3/bucket:Bucket': of('', 'acl bucket policy tags', 'arn bucket'),
  's3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': of('bucket', 'rules', ''),
  's3/bucketOwnershipControls:BucketOwnershipControls': of('bucket rule', '', ''),
  's3/bucketPolicy:BucketPolicy': of('bucket policy', '', ''),
  's3/bucketPublicAccessBlock:BucketPublicAccessBlock': of(
    'bucket',
    'blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets',
    '',
  ),
  's3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': of(
    'bucket rules',
    '',
    '',
  ),
  's3/bucketVersioning:BucketVersioning': of('bucket versioningConfiguration', '', ''),
  'securityhub/automationRule:AutomationRule': of(
    'actions criteria description ruleName ruleOrder',
    'isTerminal ruleStatus tags',
  ),
  'secretsmanager/secret:Secret': of('', 'description kmsKeyId name policy recoveryWindowInDays tags'),
  'secretsmanager/secretPolicy:SecretPolicy': of('policy secretArn', 'blockPublicPolicy', ''),
};

/** A type of the aws plugin that the stand-in checks and previews, and refuses to make. */
class PreviewedType implements ResourceType {
  readonly token: string;
  readonly properties: Record<string, PropertySchema>;

  constructor(
    name: string,
    private readonly description: Description,
  ) {
    this.token = `aws:${name}`;
    const { required, optional, computed } = description;
    const schemas: [string, PropertySchema][] = [
      ...computed.map((each): [string, PropertySchema] => [each, { type: 'string' }]),
      ...optional.map((each): [string, PropertySchema] => [each, { type: 'object', input: true }]),
      ...required.map((each): [string, PropertySchema] => [
        each,
        { type: 'object', input: true, required: true },
      ]),
    ];
    this.properties = Object.fromEntries(schemas);
  }

  check(inputs: Properties): InputFailure[] {
    const { required, optional } = this.description;
    const missing = required.filter((property) => inputs[property] === undefined);
    const other = Object.keys(inputs).filter((property) => ![...required, ...optional].includes(property));
    return [
      ...missing.map((property) => ({ property, reason: 'Missing required argument' })),
      ...other.map((property) => ({
        property,
        reason: `the lab's stand-in for the aws plugin has no ${property} in ${this.token}`,
      })),
    ];
  }

  /** Nothing was ever made, so there is no state to compare with. */
  diff(): [] {
    return [];
  }

  preview(inputs: Properties): Properties {
    const unknown = this.description.computed.map((name): [string, unknown] => [name, UNKNOWN]);
    return { ...Object.fromEntries(unknown), ...inputs };
  }

  create(): Promise<ResourceState> {
    return this.refused();
  }
  read(): Promise<ResourceState | undefined> {
    return this.refused();
  }
  update(): Promise<Properties> {
    return this.refused();
  }
  delete(): Promise<void> {
    return this.refused();
  }

  private async refused(): Promise<never> {
    throw new Error(
      `${this.token} can only be previewed: the lab's stand-in for the aws plugin is in use. Use the official plugin to make it.`,
    );
  }
}

/** The types that are previewed only. */
export const previewedTypes: readonly ResourceType[] = Object.entries(descriptions).map(
  ([name, description]) => new PreviewedType(name, description),
);
