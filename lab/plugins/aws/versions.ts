import type { GetSecretValueCommandOutput, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, isGone } from './errors.js';

const PROPAGATION_MS = 120_000;
const PAUSE_MS = 500;

/** One version of one secret, and how to reach it. */
export interface Version {
  client: SecretsManagerClient;
  secretId: string;
  versionId: string;
  signal: AbortSignal;
}

const sdk = () => import('@aws-sdk/client-secrets-manager');

/** A request token of the real plugin's form; it becomes the id of the version. */
function requestToken(): string {
  const time = new Date().toISOString().replace(/\D/g, '');
  return `terraform-${time}0${randomBytes(4).toString('hex')}`;
}

/** Stores a new version and returns its id. */
export async function putVersion(
  { client, secretId, signal }: Omit<Version, 'versionId'>,
  text: string | undefined,
  stages: string[],
): Promise<string> {
  const { PutSecretValueCommand } = await sdk();
  const input = {
    SecretId: secretId,
    ClientRequestToken: requestToken(),
    ...(text ? { SecretString: text } : {}),
    ...(stages.length > 0 ? { VersionStages: stages } : {}),
  };
  try {
    const output = await client.send(new PutSecretValueCommand(input), { abortSignal: signal });
    return output.VersionId ?? input.ClientRequestToken;
  } catch (problem) {
    throw failure(`putting Secrets Manager Secret (${secretId}) value`, 'PutSecretValue', problem);
  }
}

/** The version's value and labels, or undefined when it is gone. */
export async function findVersion(
  version: Version,
  doing = `reading Secrets Manager Secret Version (${version.secretId}|${version.versionId})`,
): Promise<GetSecretValueCommandOutput | undefined> {
  const { GetSecretValueCommand } = await sdk();
  const { client, secretId, versionId, signal } = version;
  try {
    const command = new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId });
    return await client.send(command, { abortSignal: signal });
  } catch (problem) {
    if (isGone(problem)) return undefined;
    throw failure(doing, 'GetSecretValue', problem);
  }
}

/** Reads until the answer is as wanted, for as long as changes may take to spread. @throws Error after that */
async function findUntil<Found>(
  version: Version,
  what: string,
  judge: (output: GetSecretValueCommandOutput | undefined) => Found | false,
): Promise<Found> {
  const end = Date.now() + PROPAGATION_MS;
  const doing = `waiting for Secrets Manager Secret Version (${version.secretId}|${version.versionId}) ${what}`;
  for (;;) {
    const found = judge(await findVersion(version, doing));
    if (found !== false) return found;
    if (Date.now() > end) throw new Error(`${doing}: timeout while waiting for state to become 'success'`);
    await sleep(PAUSE_MS, undefined, { signal: version.signal });
  }
}

/** The version just stored, as soon as it can be read. */
export function awaitCreated(version: Version): Promise<GetSecretValueCommandOutput> {
  return findUntil(version, 'create', (output) => output ?? false);
}

/**
 * Waits until a version has lost its labels: it counts as deleted then, or when only AWSCURRENT or only AWSPREVIOUS
 * is left. A label that somebody else put on it makes this wait in vain, in the real plugin too.
 */
export async function awaitDeprecated(version: Version): Promise<void> {
  await findUntil(version, 'delete', (output) => {
    const [stage, ...more] = output?.VersionStages ?? [];
    return more.length === 0 && (!stage || stage === 'AWSCURRENT' || stage === 'AWSPREVIOUS');
  });
}

/** Puts a label on the version, or takes it away from it. `from` names the version that loses it. */
export async function moveStage(
  { client, secretId, signal }: Version,
  stage: string,
  move: { to?: string | undefined; from?: string | undefined },
): Promise<void> {
  const { UpdateSecretVersionStageCommand } = await sdk();
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: stage,
    ...(move.to ? { MoveToVersionId: move.to } : {}),
    ...(move.from ? { RemoveFromVersionId: move.from } : {}),
  });
  await client.send(command, { abortSignal: signal });
}

/** The id of the version that has AWSCURRENT. */
export async function currentVersionId({ client, secretId, signal }: Version): Promise<string | undefined> {
  const { paginateListSecretVersionIds } = await sdk();
  try {
    const pages = paginateListSecretVersionIds({ client }, { SecretId: secretId }, { abortSignal: signal });
    for await (const page of pages) {
      const current = page.Versions?.find(({ VersionStages }) => VersionStages?.includes('AWSCURRENT'));
      if (current) return current.VersionId;
    }
    return undefined;
  } catch (problem) {
    throw failure(
      `listing Secrets Manager Secret (${secretId}) version IDs`,
      'ListSecretVersionIds',
      problem,
    );
  }
}
