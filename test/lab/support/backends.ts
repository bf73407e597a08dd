import { expect } from 'chai';
import type { Lab, Site } from '../../../lab';

/** The variables by which the platform's own hands reach the lab's AWS: it knows their key by no name. */
export function awsVariables(lab: Lab): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: lab.aws.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
}

/** What follows the bucket's name in the address of a state backend in the lab's S3. */
export function s3Backend(lab: Lab): string {
  return `endpoint=${new URL(lab.aws.endpoint).host}&s3ForcePathStyle=true&disableSSL=true&region=us-east-1`;
}

/** Makes a bucket in the lab's S3. */
export async function makeBucket(lab: Lab, bucket: string): Promise<void> {
  await s3(lab, 'PUT', bucket);
}

/** The lab's stand-in for AWS checks no signature; it finds the service in its scope. */
export function signedFor(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

/** Makes a KMS key and gives its id. */
export async function makeKey(lab: Lab, kind: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(lab.aws.endpoint, {
    method: 'POST',
    headers: {
      'X-Amz-Target': 'TrentService.CreateKey',
      'Content-Type': 'application/x-amz-json-1.1',
      Authorization: signedFor('kms'),
    },
    body: JSON.stringify(kind),
  });
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { KeyId: string } };
  return KeyMetadata.KeyId;
}

/** Puts a site's state into a bucket of the lab's S3, under a KMS key; gives the key's id. */
export async function useBucket(lab: Lab, site: Site, bucket: string): Promise<string> {
  const keyId = await makeKey(lab);
  Object.assign(site.environment, {
    PULUMI_BACKEND_URL: `s3://${bucket}?${s3Backend(lab)}`,
    CREDENTIAL_ROTATION_SECRETS_PROVIDER: `awskms://${keyId}?region=us-east-1`,
  });
  delete site.environment['PULUMI_CONFIG_PASSPHRASE'];
  return keyId;
}

/** One version of an object. */
export interface ObjectVersion {
  key: string;
  versionId: string;
  /** Whether it is what a plain read gives. */
  latest: boolean;
}

/** A bucket that keeps the versions of its objects, seen by the platform's own hands: no run uses this. */
export class VersionedBucket {
  private constructor(
    private readonly lab: Lab,
    readonly name: string,
  ) {}

  /** Makes it. */
  static async make(lab: Lab, name: string): Promise<VersionedBucket> {
    await makeBucket(lab, name);
    const configuration =
      '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
    await s3(lab, 'PUT', `${name}?versioning`, configuration);
    return new VersionedBucket(lab, name);
  }

  /** All versions below a prefix, the newest of each key first, without what only marks a deletion. */
  async versions(prefix = ''): Promise<ObjectVersion[]> {
    const xml = await (await s3(this.lab, 'GET', `${this.name}?versions&prefix=${prefix}`)).text();
    expect(xml).to.include('<IsTruncated>false</IsTruncated>');
    return [...xml.matchAll(/<Version>(.*?)<\/Version>/gs)].map(([, text = '']) => {
      const field = (tag: string): string => new RegExp(`<${tag}>([^<]*)<`).exec(text)?.[1] ?? '';
      return { key: field('Key'), versionId: field('VersionId'), latest: field('IsLatest') === 'true' };
    });
  }

  /** The keys that a plain listing gives. */
  async keys(prefix = ''): Promise<string[]> {
    return (await this.versions(prefix)).filter(({ latest }) => latest).map(({ key }) => key);
  }

  /** The text of one version. */
  async read({ key, versionId }: ObjectVersion): Promise<string> {
    return (await s3(this.lab, 'GET', `${this.name}/${key}?versionId=${versionId}`)).text();
  }

  /** Writes an object as a new version. */
  async write(key: string, text: string): Promise<void> {
    await s3(this.lab, 'PUT', `${this.name}/${key}`, text);
  }

  /** Makes an earlier version the newest, as `aws s3api copy-object` does. */
  async restore({ key, versionId }: ObjectVersion): Promise<void> {
    const source = { 'x-amz-copy-source': `${this.name}/${key}?versionId=${versionId}` };
    await s3(this.lab, 'PUT', `${this.name}/${key}`, undefined, source);
  }
}

async function s3(
  lab: Lab,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const answer = await fetch(`${lab.aws.endpoint}/${path}`, {
    method,
    headers: { Authorization: signedFor('s3'), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  expect(answer.status, `${method} ${path}`).to.equal(200);
  return answer;
}
