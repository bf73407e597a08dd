import { expect } from 'chai';
import type { Lab } from '../../../lab';

/** What follows the bucket's name in the address of a state backend in the lab's S3. */
export function s3Backend(lab: Lab): string {
  return `endpoint=${new URL(lab.aws.endpoint).host}&s3ForcePathStyle=true&disableSSL=true&region=us-east-1`;
}

/** Makes a bucket in the lab's S3. */
export async function makeBucket(lab: Lab, bucket: string): Promise<void> {
  const made = await fetch(`${lab.aws.endpoint}/${bucket}`, { method: 'PUT' });
  expect(made.status).to.equal(200);
}

/** Makes a KMS key and gives its id. The lab's stand-in for AWS checks no signature; it finds the service in its scope. */
export async function makeKey(lab: Lab): Promise<string> {
  const answer = await fetch(lab.aws.endpoint, {
    method: 'POST',
    headers: {
      'X-Amz-Target': 'TrentService.CreateKey',
      'Content-Type': 'application/x-amz-json-1.1',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: '{}',
  });
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { KeyId: string } };
  return KeyMetadata.KeyId;
}
