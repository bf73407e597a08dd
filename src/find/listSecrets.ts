import { errorCode } from '../base/errors';
import { awsFailure } from '../aws/awsFailure';
import type { ListedSecret } from './secretNames';

/** Pages of 100 that are read; who has more secrets names the two. */
const mostPages = 5;
const limits = { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true };
/** Of all pages, in ms. */
const limitMs = 15_000;

/**
 * The secrets of a region by name, at most a few hundred, without those that are being deleted. It is no part of a rotation,
 * whose role may not list secrets: IAM cannot limit that to some.
 * @throws Failure
 */
export async function listSecrets(region: string): Promise<ListedSecret[]> {
  const { SecretsManagerClient, ListSecretsCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ region, maxAttempts: 2, requestHandler: limits });
  const abortSignal = AbortSignal.timeout(limitMs);
  const found: ListedSecret[] = [];
  let NextToken: string | undefined;
  try {
    for (let page = 0; page < mostPages; page++) {
      const input = { MaxResults: 100, ...(NextToken === undefined ? {} : { NextToken }) };
      const answer = await client.send(new ListSecretsCommand(input), { abortSignal });
      for (const { Name: name = '', ARN: arn = '', OwningService: owner = '' } of answer.SecretList ?? [])
        found.push({ name, arn, ...(owner === '' ? {} : { owner }) });
      NextToken = answer.NextToken;
      if (NextToken === undefined) break;
    }
  } catch (error) {
    const call = { action: 'ListSecrets', secretId: 'the secrets of this account', region };
    throw awsFailure(call, errorCode(error), error instanceof Error ? error.message : '', error);
  } finally {
    client.destroy();
  }
  return found;
}
