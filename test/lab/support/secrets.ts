import { randomUUID } from 'node:crypto';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Lab, Site } from '../../../lab';

function clientOf(site: Site): SecretsManagerClient {
  const { AWS_REGION, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = site.environment;
  return new SecretsManagerClient({
    region: AWS_REGION ?? '',
    endpoint: AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID ?? '', secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '' },
  });
}

/** Stores a version of a secret as a person would; without labels it becomes AWSCURRENT. */
export async function putSecret(
  site: Site,
  secretId: string,
  content: string | Uint8Array,
  stages?: string[],
  token: string = randomUUID(),
): Promise<string> {
  const client = clientOf(site);
  const labels = stages === undefined ? {} : { VersionStages: stages };
  await client.send(
    new PutSecretValueCommand({
      SecretId: secretId,
      ...(typeof content === 'string' ? { SecretString: content } : { SecretBinary: content }),
      ClientRequestToken: token,
      ...labels,
    }),
  );
  client.destroy();
  return token;
}

/** The text of a secret under a label. */
export async function secretUnder(site: Site, secretId: string, stage: string): Promise<string | undefined> {
  const client = clientOf(site);
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage })))
      .SecretString;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

/** The value under the last of the labels that begin so: of several attempts, the newest. */
export async function secretUnderNewest(
  site: Site,
  secretId: string,
  prefix: string,
): Promise<string | undefined> {
  const labels = Object.values(await stagesOf(site, secretId)).flat();
  const newest = labels
    .filter((label) => label.startsWith(prefix))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : secretUnder(site, secretId, newest);
}

/** Labels by version id. */
export async function stagesOf(site: Site, secretId: string): Promise<Record<string, string[]>> {
  const client = clientOf(site);
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  client.destroy();
  return VersionIdsToStages ?? {};
}

/** Makes the version with this label the current one, as a person would. */
export async function makeCurrent(site: Site, secretId: string, label: string): Promise<void> {
  const stages = await stagesOf(site, secretId);
  const idOf = (stage: string): string | undefined =>
    Object.keys(stages).find((id) => stages[id]?.includes(stage));
  const client = clientOf(site);
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: idOf('AWSCURRENT'),
      MoveToVersionId: idOf(label),
    }),
  );
  client.destroy();
}

/** The ARN of a secret. */
export async function arnOf(site: Site, secretId: string): Promise<string> {
  const client = clientOf(site);
  const { ARN } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  client.destroy();
  return ARN ?? '';
}

/** Every version of both secrets with its labels. */
export async function labelsOf(site: Site): Promise<Record<string, string[]>[]> {
  return Promise.all([stagesOf(site, site.slotSecretId), stagesOf(site, site.adminSecretId)]);
}

type AwsRequest = ReturnType<Lab['aws']['requests']>[number];

/** Requests to write to a site's secrets since a point of the record, refused ones too. */
export function writeRequests(lab: Lab, site: Site, since: number): AwsRequest[] {
  return lab.aws
    .requests()
    .slice(since)
    .filter(({ write, secretId }) => write && (secretId ?? '').includes(`/${site.name}/`));
}

/** Whether AWS may have done what a request asked for: it was not refused. */
export function tookEffect({ status }: AwsRequest): boolean {
  return status < 400;
}

/** Seals a secret's next versions under this KMS key. */
export async function setKey(site: Site, secretId: string, keyId: string): Promise<void> {
  const client = clientOf(site);
  await client.send(new UpdateSecretCommand({ SecretId: secretId, KmsKeyId: keyId }));
  client.destroy();
}

/** Schedules a secret for deletion; gives the function that restores it. */
export async function scheduleDeletion(site: Site, secretId: string): Promise<() => Promise<void>> {
  const client = clientOf(site);
  await client.send(new DeleteSecretCommand({ SecretId: secretId, RecoveryWindowInDays: 7 }));
  return async () => {
    await client.send(new RestoreSecretCommand({ SecretId: secretId }));
    client.destroy();
  };
}

/** Takes a label away from a version, as a person would. */
export async function takeLabel(
  site: Site,
  secretId: string,
  stage: string,
  versionId: string,
): Promise<void> {
  const client = clientOf(site);
  const input = { SecretId: secretId, VersionStage: stage, RemoveFromVersionId: versionId };
  await client.send(new UpdateSecretVersionStageCommand(input));
  client.destroy();
}

/** Takes this tool's own labels off the slot secret, as if it had never run. */
export async function forgetOwnLabels(site: Site): Promise<void> {
  const client = clientOf(site);
  for (const [versionId, stages] of Object.entries(await stagesOf(site, site.slotSecretId)))
    for (const stage of stages.filter((each) => each.startsWith('CREDENTIAL_ROTATION_')))
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: site.slotSecretId,
          VersionStage: stage,
          RemoveFromVersionId: versionId,
        }),
      );
  client.destroy();
}
