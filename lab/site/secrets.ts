import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** Credentials that moto takes; they open nothing. */
export const AWS_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'lab',
  AWS_SECRET_ACCESS_KEY: 'lab',
} as const;

/** The lab's own way to Secrets Manager, past the recording proxy. */
export class Secrets {
  private readonly client: SecretsManagerClient;

  constructor(endpoint: string) {
    this.client = new SecretsManagerClient({
      endpoint,
      region: AWS_ENVIRONMENT.AWS_REGION,
      credentials: {
        accessKeyId: AWS_ENVIRONMENT.AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
      },
    });
  }

  /** Makes a secret that holds this document. */
  async create(name: string, document: Record<string, unknown>): Promise<void> {
    await this.client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(document) }));
  }

  /** AWSCURRENT, parsed. */
  async read(name: string): Promise<Record<string, unknown>> {
    // By label: without one moto answers with the version that was put last as current, even after the label moved.
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' });
    const { SecretString } = await this.client.send(command);
    return JSON.parse(SecretString ?? 'null') as Record<string, unknown>;
  }

  /** Removes a secret at once. */
  async remove(name: string): Promise<void> {
    await this.client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
  }

  /** Closes its connections. */
  close(): void {
    this.client.destroy();
  }
}
