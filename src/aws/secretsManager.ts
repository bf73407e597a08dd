import type * as Library from '@aws-sdk/client-secrets-manager';
import { Failure } from '../base/failure';
import { versionUnder } from '../rotation/labels';
import { keepSecretText } from '../secrecy/passwordsIn';
import type { AwsCall } from './awsFailure';
import { awsFailure } from './awsFailure';
import { traced } from '../base/trace';
import { errorCode } from '../base/errors';
import { EnvironmentAgent } from '../base/proxy/agent';
import { proxyFailure } from '../base/proxy/failure';

type Client = Library.SecretsManagerClient;

/** One version of a secret, as text. */
export interface SecretVersion {
  arn: string;
  versionId: string;
  text: string;
  /** When this version was stored. */
  createdAt?: Date;
}

/** A version as Secrets Manager lists it, without its value. */
export interface ListedVersion {
  versionId: string;
  createdAt: Date | undefined;
  stages: string[];
}

/** What Secrets Manager says of a secret besides its value. */
export interface SecretDescription {
  arn: string;
  /** Staging labels by version id. */
  stages: Record<string, string[]>;
  /** The KMS key that seals it; undefined for the one that AWS manages. */
  kmsKeyId?: string;
  /** Why this tool must not change it, if another owner does. */
  owner?: string;
}

/** Which version of a secret: a staging label or a version id. */
export type Which = { stage: string } | { versionId: string };

/** How long to wait for Secrets Manager, in ms. */
export interface WaitLimits {
  connectMs: number;
  /** Of one try. */
  requestMs: number;
  /** Of all tries of one call, with the pauses between them. */
  callMs: number;
}

const defaultLimits: WaitLimits = { connectMs: 5000, requestMs: 15_000, callMs: 45_000 };

/** Label of the probes below. No version ever has it. */
export const probeLabel = 'CREDENTIAL_ROTATION_PROBE';

/**
 * The part of Secrets Manager that the product uses outside Pulumi's own resources. Errors are Failures
 * without any value. Throttling, server errors and lost connections are tried again with the SDK's own jitter.
 */
export class SecretsManager {
  private client: Client | undefined;

  /** @param region the AWS region; credentials and endpoint come from the SDK's own chain */
  constructor(
    private readonly region: string,
    private readonly limits: WaitLimits = defaultLimits,
  ) {}

  /**
   * Reads one version; undefined when that label or version does not exist. Only AWSCURRENT must be there and must
   * be text: what anybody else left under another label is not ours to complain of.
   */
  async read(secretId: string, which: Which): Promise<SecretVersion | undefined> {
    const needed = 'stage' in which && which.stage === 'AWSCURRENT';
    try {
      const { ARN, VersionId, SecretString, CreatedDate } = await this.call(
        (client, { GetSecretValueCommand }, options) =>
          client.send(
            new GetSecretValueCommand({
              SecretId: this.inRegion(secretId),
              ...('stage' in which ? { VersionStage: which.stage } : { VersionId: which.versionId }),
            }),
            options,
          ),
      );
      if (ARN === undefined || VersionId === undefined)
        throw new Failure(
          'aws-unreachable',
          `${secretId}: Secrets Manager's answer is incomplete; run again.`,
        );
      const createdAt = CreatedDate === undefined ? {} : { createdAt: CreatedDate };
      // Whoever reads it, nothing of it leaves this process from here on.
      keepSecretText(SecretString ?? '');
      if (SecretString !== undefined)
        return { arn: ARN, versionId: VersionId, text: SecretString, ...createdAt };
    } catch (error) {
      if (!needed && errorCode(error) === 'ResourceNotFoundException') return undefined;
      throw this.failure(error, secretId, 'GetSecretValue');
    }
    if (!needed) return undefined;
    throw new Failure('secret-malformed', `${secretId} holds binary data; store it as a JSON string.`);
  }

  /** Labels and ownership of a secret. */
  async describe(secretId: string): Promise<SecretDescription> {
    try {
      const answer = await this.call((client, { DescribeSecretCommand }, options) =>
        client.send(new DescribeSecretCommand({ SecretId: this.inRegion(secretId) }), options),
      );
      if (answer.DeletedDate !== undefined) throw this.isDeleted(secretId, answer);
      const owner = otherOwner(answer, this.region);
      const kmsKeyId = answer.KmsKeyId;
      return {
        arn: answer.ARN ?? secretId,
        stages: answer.VersionIdsToStages ?? {},
        ...(kmsKeyId === undefined || kmsKeyId === '' ? {} : { kmsKeyId }),
        ...(owner === undefined ? {} : { owner }),
      };
    } catch (error) {
      throw this.failure(error, secretId, 'DescribeSecret');
    }
  }

  /** The newest versions, those without a label included, at most 100; undefined where this role may not list them. */
  async list(secretId: string): Promise<ListedVersion[] | undefined> {
    try {
      const { Versions } = await this.call((client, { ListSecretVersionIdsCommand }, options) =>
        client.send(
          new ListSecretVersionIdsCommand({
            SecretId: this.inRegion(secretId),
            IncludeDeprecated: true,
            MaxResults: 100,
          }),
          options,
        ),
      );
      return (Versions ?? []).map(({ VersionId, CreatedDate, VersionStages }) => ({
        versionId: VersionId ?? '',
        createdAt: CreatedDate,
        stages: VersionStages ?? [],
      }));
    } catch (error) {
      const failure = this.failure(error, secretId, 'ListSecretVersionIds');
      if (failure.outcome === 'permission') return undefined;
      throw failure;
    }
  }

  /** Stores a version under its labels; `token` makes a repeated call the same version. Returns the version id. */
  async put(secretId: string, text: string, stages: readonly string[], token: string): Promise<string> {
    try {
      return await this.sendPut(secretId, text, stages, token);
    } catch (error) {
      throw this.failure(error, secretId, 'PutSecretValue');
    }
  }

  /**
   * Moves a label by compare-and-swap: Secrets Manager refuses unless `from` has it at this moment.
   * Without `to` the label is only taken away; without `from` it is only given, to a version while nobody has it. A move whose reply was lost is known by the labels.
   */
  async moveStage(secretId: string, stage: string, from: string | undefined, to?: string): Promise<void> {
    try {
      await this.sendMove(secretId, stage, from, to);
    } catch (error) {
      const failure = this.failure(error, secretId, 'UpdateSecretVersionStage');
      if (failure.outcome !== 'before-switch') throw failure;
      const stages = await this.describe(secretId).then(
        (description) => description.stages,
        () => undefined,
      );
      if (stages === undefined) throw failure;
      const holder = versionUnder(stages, stage);
      if (to === undefined ? holder === from : holder !== to) throw failure;
    }
  }

  /**
   * Asks whether this role may store versions, without storing one: the request has the id of a version that exists
   * and another content, which Secrets Manager refuses ("the operation fails because you can't modify an existing
   * version", API reference of PutSecretValue) after it has checked the right.
   * @returns why it may not, or undefined
   */
  async refusedPut(secretId: string, existingVersionId: string): Promise<Failure | undefined> {
    const text = 'a probe of the right to store versions; never stored';
    try {
      await this.sendPut(secretId, text, [probeLabel], existingVersionId);
    } catch (error) {
      if (errorCode(error) === 'ResourceExistsException') return undefined;
      return this.failure(error, secretId, 'PutSecretValue');
    }
    return new Failure(
      'unexpected-error',
      `${secretId}: Secrets Manager accepted another content for version ${existingVersionId}; this is not AWS, report it.`,
    );
  }

  /**
   * Asks whether this role may move labels, without moving one: a label that no version has is to be taken away from
   * a version, and be put nowhere. Whether Secrets Manager calls that an error or a success, nothing changes.
   * @returns why it may not, or undefined
   */
  async refusedMove(secretId: string, versionId: string): Promise<Failure | undefined> {
    try {
      await this.sendMove(secretId, probeLabel, versionId);
      return undefined;
    } catch (error) {
      const failure = this.failure(error, secretId, 'UpdateSecretVersionStage');
      const noSuchLabel = /^(InvalidParameterException|ResourceNotFoundException)$/.test(errorCode(error));
      return noSuchLabel && failure.outcome !== 'permission' ? undefined : failure;
    }
  }

  private async sendPut(
    secretId: string,
    text: string,
    stages: readonly string[],
    token: string,
  ): Promise<string> {
    const answer = await this.call((client, { PutSecretValueCommand }, options) =>
      client.send(
        new PutSecretValueCommand({
          SecretId: this.inRegion(secretId),
          SecretString: text,
          VersionStages: [...stages],
          ClientRequestToken: token,
        }),
        options,
      ),
    );
    return answer.VersionId ?? token;
  }

  private async sendMove(
    secretId: string,
    stage: string,
    from: string | undefined,
    to?: string,
  ): Promise<void> {
    await this.call((client, { UpdateSecretVersionStageCommand }, options) =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: this.inRegion(secretId),
          VersionStage: stage,
          ...(from === undefined ? {} : { RemoveFromVersionId: from }),
          ...(to === undefined ? {} : { MoveToVersionId: to }),
        }),
        options,
      ),
    );
  }

  /** One call with its deadline; the SDK is loaded when it is first needed. */
  private async call<T>(
    send: (client: Client, library: typeof Library, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const library = await import('@aws-sdk/client-secrets-manager');
    const isNew = this.client === undefined;
    this.client ??= new library.SecretsManagerClient({
      region: this.region,
      retryMode: 'standard',
      maxAttempts: 4,
      requestHandler: {
        httpsAgent: new EnvironmentAgent({ maxSockets: 50 }),
        connectionTimeout: this.limits.connectMs,
        requestTimeout: this.limits.requestMs,
        throwOnRequestTimeout: true,
      },
    });
    if (isNew) traceCalls(this.client);
    return send(this.client, library, { abortSignal: AbortSignal.timeout(this.limits.callMs) });
  }

  /** Secrets Manager only says "not found" to an ARN of another region. */
  private inRegion(secretId: string): string {
    const region = /^arn:[^:]+:secretsmanager:([^:]+):/.exec(secretId)?.[1];
    if (region === undefined || region === this.region) return secretId;
    throw new Failure(
      'secret-in-other-region',
      `Secret ${secretId} is in ${region} and AWS_REGION is ${this.region}; set AWS_REGION to the secret's region.`,
    );
  }

  /** DescribeSecret answers for such a secret; it is told as the calls that are refused tell it, whichever ends first. */
  private isDeleted(secretId: string, answer: object): Failure {
    const call: AwsCall = { action: 'DescribeSecret', secretId, region: this.region };
    return awsFailure(call, 'InvalidRequestException', 'scheduled for deletion', answer);
  }

  private failure(error: unknown, secretId: string, action: string): Failure {
    if (error instanceof Failure) return error;
    const atProxy = proxyFailure(`Secrets Manager in ${this.region} (${action} on ${secretId})`, error);
    if (atProxy) return atProxy;
    const call: AwsCall = { action, secretId, region: this.region };
    return awsFailure(call, errorCode(error), error instanceof Error ? error.message : '', error);
  }
}

/** RDS marks secrets that it owns; native rotation has a schedule of its own (docs.aws.amazon.com: DescribeSecret). */
function otherOwner(
  answer: {
    OwningService?: string | undefined;
    RotationEnabled?: boolean | undefined;
    PrimaryRegion?: string | undefined;
  },
  region: string,
): string | undefined {
  if (answer.OwningService !== undefined && answer.OwningService !== '')
    return `is managed by ${answer.OwningService}; leave its rotation to that service`;
  if (answer.RotationEnabled === true)
    return "has Secrets Manager's own rotation switched on; switch that off first";
  if (answer.PrimaryRegion !== undefined && answer.PrimaryRegion !== region)
    return `is a replica of the secret in ${answer.PrimaryRegion}; set AWS_REGION to that region`;
  return undefined;
}

/** One span for a call, its retries included, by the name of the operation alone. */
function traceCalls(client: Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        traced(
          `Secrets Manager ${String(commandName ?? '').replace(/Command$/, '')}`,
          { 'rpc.system': 'aws-api', 'rpc.service': 'Secrets Manager' },
          () => next(args),
        ),
    { step: 'initialize' },
  );
}
