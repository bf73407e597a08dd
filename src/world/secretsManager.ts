import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Failure } from '../failure';
import { errorCode } from './errors';

/** One version of a secret, as text. */
export interface SecretVersion {
  arn: string;
  versionId: string;
  text: string;
  /** When this version was stored. */
  createdAt?: Date;
}

/** What Secrets Manager says of a secret besides its value. */
export interface SecretDescription {
  arn: string;
  /** Staging labels by version id. */
  stages: Record<string, string[]>;
  /** Why this tool must not change it, if another owner does. */
  owner?: string;
}

/** Which version of a secret: a staging label or a version id. */
export type Which = { stage: string } | { versionId: string };

/**
 * The part of Secrets Manager that the product uses outside Pulumi's own resources. Errors are Failures
 * without any value.
 */
export class SecretsManager {
  private client: Promise<SecretsManagerClient> | undefined;

  /** @param region the AWS region; credentials and endpoint come from the SDK's own chain */
  constructor(private readonly region: string) {}

  /** Reads one version; undefined when that label or version does not exist. */
  async read(secretId: string, which: Which): Promise<SecretVersion | undefined> {
    const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const command = new GetSecretValueCommand({
      SecretId: secretId,
      ...('stage' in which ? { VersionStage: which.stage } : { VersionId: which.versionId }),
    });
    try {
      const { ARN, VersionId, SecretString, CreatedDate } = await (await this.connected()).send(command);
      if (ARN === undefined || VersionId === undefined)
        throw new Failure('before-switch', `${secretId}: Secrets Manager's answer is incomplete; run again.`);
      if (SecretString === undefined)
        throw new Failure('configuration', `${secretId} holds binary data; store it as a JSON string.`);
      return {
        arn: ARN,
        versionId: VersionId,
        text: SecretString,
        ...(CreatedDate === undefined ? {} : { createdAt: CreatedDate }),
      };
    } catch (error) {
      const missing = errorCode(error) === 'ResourceNotFoundException';
      if (missing && !('stage' in which && which.stage === 'AWSCURRENT')) return undefined;
      throw this.failure(error, secretId, 'GetSecretValue');
    }
  }

  /** Labels and ownership of a secret. */
  async describe(secretId: string): Promise<SecretDescription> {
    const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    try {
      const answer = await (await this.connected()).send(new DescribeSecretCommand({ SecretId: secretId }));
      const owner = otherOwner(answer);
      return {
        arn: answer.ARN ?? secretId,
        stages: answer.VersionIdsToStages ?? {},
        ...(owner === undefined ? {} : { owner }),
      };
    } catch (error) {
      throw this.failure(error, secretId, 'DescribeSecret');
    }
  }

  /** Stores a version under one label; `token` makes a repeated call the same version. Returns the version id. */
  async put(secretId: string, text: string, stage: string, token: string): Promise<string> {
    const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    try {
      const answer = await (
        await this.connected()
      ).send(
        new PutSecretValueCommand({
          SecretId: secretId,
          SecretString: text,
          VersionStages: [stage],
          ClientRequestToken: token,
        }),
      );
      return answer.VersionId ?? token;
    } catch (error) {
      throw this.failure(error, secretId, 'PutSecretValue');
    }
  }

  /**
   * Moves a label by compare-and-swap: Secrets Manager refuses unless `from` has it at this moment.
   * Without `to` the label is only taken away.
   */
  async moveStage(secretId: string, stage: string, from: string, to?: string): Promise<void> {
    const { UpdateSecretVersionStageCommand } = await import('@aws-sdk/client-secrets-manager');
    try {
      await (
        await this.connected()
      ).send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: stage,
          RemoveFromVersionId: from,
          ...(to === undefined ? {} : { MoveToVersionId: to }),
        }),
      );
    } catch (error) {
      throw this.failure(error, secretId, 'UpdateSecretVersionStage');
    }
  }

  private connected(): Promise<SecretsManagerClient> {
    this.client ??= import('@aws-sdk/client-secrets-manager').then(
      ({ SecretsManagerClient: Client }) => new Client({ region: this.region, maxAttempts: 4 }),
    );
    return this.client;
  }

  private failure(error: unknown, secretId: string, action: string): Failure {
    if (error instanceof Failure) return error;
    const code = errorCode(error) || 'no answer';
    const options = { cause: error };
    switch (code) {
      case 'AccessDeniedException':
      case 'UnrecognizedClientException':
      case 'ExpiredTokenException':
      case 'InvalidSignatureException':
      case 'CredentialsProviderError':
      case 'DecryptionFailure':
        return new Failure(
          'permission',
          `Secrets Manager refuses ${action} on ${secretId} (${code}); allow secretsmanager:${action} on it and its KMS key for this role.`,
          options,
        );
      case 'ResourceNotFoundException':
        return new Failure(
          'configuration',
          `Secret ${secretId} does not exist in ${this.region}, or has no current value; check its id and AWS_REGION.`,
          options,
        );
      case 'InvalidRequestException':
      case 'InvalidParameterException':
        return new Failure(
          'before-switch',
          `Secrets Manager refused ${action} on ${secretId} (${code}): the secret is scheduled for deletion or was changed by someone else meanwhile; look at its versions and run again.`,
          options,
        );
      default:
        return new Failure(
          'before-switch',
          `Secrets Manager in ${this.region} failed at ${action} on ${secretId} (${code}); run again when it answers.`,
          options,
        );
    }
  }
}

/** RDS marks secrets that it owns; native rotation has a schedule of its own (docs.aws.amazon.com: DescribeSecret). */
function otherOwner(answer: {
  OwningService?: string | undefined;
  RotationEnabled?: boolean | undefined;
  DeletedDate?: Date | undefined;
  PrimaryRegion?: string | undefined;
}): string | undefined {
  if (answer.OwningService !== undefined && answer.OwningService !== '')
    return `is managed by ${answer.OwningService}; leave its rotation to that service`;
  if (answer.RotationEnabled === true)
    return "has Secrets Manager's own rotation switched on; switch that off first";
  if (answer.DeletedDate !== undefined) return 'is scheduled for deletion; restore it first';
  return undefined;
}
