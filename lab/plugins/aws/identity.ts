import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createHash, createHmac } from 'node:crypto';
import { reasonOf } from './errors.js';

const BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
const TYPE = 'application/x-www-form-urlencoded; charset=utf-8';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Asks STS who the credentials are, as the real plugin does when it is configured. The SDK of this package has no client
 * of STS, so the request is signed here (docs.aws.amazon.com, "Create a signed AWS API request").
 * @throws Error in the words of the real plugin
 */
export async function askIdentity(client: SecretsManagerClient): Promise<void> {
  const region = await client.config.region();
  const endpoint =
    process.env['AWS_ENDPOINT_URL_STS'] ??
    process.env['AWS_ENDPOINT_URL'] ??
    `https://sts.${region}.amazonaws.com`;
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body: BODY,
      headers: await signed(client, region, new URL(endpoint).host),
    });
    const text = await response.text();
    if (response.ok) return;
    const [name = 'Unknown', message = ''] = ['Code', 'Message'].map(
      (tag) => new RegExp(`<${tag}>([^<]*)<`).exec(text)?.[1] ?? /"__type": *"(\w+)/.exec(text)?.[1],
    );
    throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: response.status } });
  } catch (problem) {
    const text = `operation error STS: GetCallerIdentity, ${reasonOf(problem)}`;
    throw new Error(
      `unable to validate AWS credentials.\nDetails: validating provider credentials: retrieving caller identity from STS: ${text}`,
      { cause: problem },
    );
  }
}

async function signed(
  client: SecretsManagerClient,
  region: string,
  host: string,
): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/sts/aws4_request`;
  const names = 'content-type;host;x-amz-date';
  const canonical = `POST\n/\n\ncontent-type:${TYPE}\nhost:${host}\nx-amz-date:${time}\n\n${names}\n${hash(BODY)}`;
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash(canonical)}`).toString('hex');
  return {
    'content-type': TYPE,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
