import type { PolicyDocument, Statement } from './policyDocument';
import { policyDocument } from './policyDocument';

/** What the rotation's role may use, by ARN. */
export interface RotationPolicySettings {
  region: string;
  slotSecretArn: string;
  adminSecretArn: string;
  /** Those of the other OpenEMRs of a fleet, which one role rotates. */
  furtherSecretArns?: readonly string[];
  /** Keys of the secrets that are your own, each once or twice; none for `aws/secretsmanager`. */
  secretsKeyArns: readonly string[];
  state: {
    bucketArn: string;
    /** Folder in the bucket, without slashes at its ends; empty for the bucket itself. */
    prefix: string;
    /** The key that encrypts the bucket; undefined for a bucket under Amazon's own keys. */
    keyArn?: string | undefined;
  };
  /** The key of Pulumi's secrets provider `awskms://`. */
  secretsProviderKeyArn: string;
}

/** Exactly the requests that a rotation, and `status`, `verify`, `history` and `rollback`, send to AWS. */
export function rotationPolicy(settings: RotationPolicySettings): PolicyDocument {
  const { state, secretsProviderKeyArn } = settings;
  return policyDocument([
    ...secretStatements(settings),
    {
      // No condition on the prefix: a request for an object that is not there must be answered by 404, not 403.
      Sid: 'ListState',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [state.bucketArn],
    },
    {
      Sid: 'KeepState',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource: [`${state.bucketArn}/${state.prefix === '' ? '' : `${state.prefix}/`}.pulumi/*`],
    },
    ...(state.keyArn === undefined ? [] : [throughService(settings, 'StateKey', 's3', [state.keyArn])]),
    {
      Sid: 'StateSecrets',
      Effect: 'Allow',
      Action: ['kms:Encrypt', 'kms:Decrypt'],
      Resource: [secretsProviderKeyArn],
    },
  ]);
}

function secretStatements(settings: RotationPolicySettings): Statement[] {
  const { slotSecretArn, adminSecretArn, furtherSecretArns = [], secretsKeyArns } = settings;
  return [
    {
      Sid: 'RotateSecrets',
      Effect: 'Allow',
      Action: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:ListSecretVersionIds',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Resource: [...new Set([slotSecretArn, adminSecretArn, ...furtherSecretArns])],
    },
    ...(secretsKeyArns.length === 0
      ? []
      : [throughService(settings, 'SecretsKey', 'secretsmanager', [...new Set(secretsKeyArns)])]),
  ];
}

/** A key that only another service uses in this role's name. */
function throughService(
  { region }: RotationPolicySettings,
  sid: string,
  service: string,
  keys: string[],
): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: keys,
    Condition: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
  };
}
