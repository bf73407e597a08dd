import type { AwsRequest } from '../../../lab';

/** An action on a resource, as an IAM policy names both. */
export interface Call {
  action: string;
  /** An ARN. */
  resource: string;
}

/** What the ARNs of the calls are made from. */
export interface Resources {
  /** ARNs by the secrets' names. */
  secrets: Record<string, string>;
  /** ARN of the customer's key of the secrets. */
  secretsKey: string;
  /** ARN of the customer's key that the bucket encrypts with. */
  bucketKey: string;
  /** From a key id as it is named in requests to its ARN. */
  keyArn: (keyId: string) => string;
}

/**
 * What a service asks KMS for in the name of who calls it, under a customer's key:
 * docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html and
 * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html. The lab's stand-in for AWS leaves that out.
 */
const keyUse: Record<string, string[]> = {
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'secretsmanager:PutSecretValue': ['kms:GenerateDataKey', 'kms:Decrypt'],
  's3:GetObject': ['kms:Decrypt'],
  's3:PutObject': ['kms:GenerateDataKey'],
};

/** The actions that a recorded request needs, each on its ARN. @throws Error for a request that is not known here */
export function callsOf(request: AwsRequest, resources: Resources): Call[] {
  const direct = directCalls(request, resources);
  const key = request.service === 's3' ? resources.bucketKey : resources.secretsKey;
  const throughService = direct.flatMap(({ action }) =>
    (keyUse[action] ?? []).map((use) => ({ action: use, resource: key })),
  );
  return [...direct, ...throughService];
}

function directCalls(request: AwsRequest, { secrets, keyArn }: Resources): Call[] {
  const { service, action, secretId = '', keyId } = request;
  if (service === 'secretsmanager' && secrets[secretId] !== undefined)
    return [{ action: `secretsmanager:${action}`, resource: secrets[secretId] }];
  if (service === 'kms' && keyId !== undefined) return [{ action: `kms:${action}`, resource: keyArn(keyId) }];
  if (service === 's3') return objectCalls(request);
  throw new Error(`no action of IAM is known here for ${service} ${action} ${request.path}`);
}

/** docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
function objectCalls({ method, path, copySource }: AwsRequest): Call[] {
  const { pathname, searchParams } = new URL(path, 'http://s3');
  const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const known: Record<string, string> =
    key === ''
      ? { GET: 's3:ListBucket', HEAD: 's3:ListBucket' }
      : { GET: 's3:GetObject', HEAD: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' };
  const action = known[method];
  const plain = ['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'x-id'];
  const other = [...searchParams.keys()].find((name) => !plain.includes(name) && name !== 'encoding-type');
  if (action === undefined || other !== undefined)
    throw new Error(`no action of IAM is known here for S3 ${method} ${path}`);
  const arn = (name: string): string => `arn:aws:s3:::${name}`;
  return [
    { action, resource: arn(key === '' ? bucket : `${bucket}/${key}`) },
    ...(copySource === undefined ? [] : [{ action: 's3:GetObject', resource: arn(copySource) }]),
  ];
}

/** A policy, as far as it matters here: statements that allow, with lists. */
export interface Policy {
  Statement: { Effect: string; Action: string | string[]; Resource: string | string[] }[];
}

/** Every pair of an action and a resource pattern that a policy allows. */
export function allowedPairs({ Statement }: Policy): Call[] {
  return Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ action, resource }))),
  );
}

/** Whether a pair of a policy allows a call. `*` in it stands for any text. */
export function allows(pair: Call, call: Call): boolean {
  const matches = (pattern: string, text: string): boolean =>
    new RegExp(
      `^${pattern.replace(/[.*+?^${}()|[\]\\]/g, (char) => (char === '*' ? '.*' : `\\${char}`))}$`,
    ).test(text);
  return matches(pair.action, call.action) && matches(pair.resource, call.resource);
}
