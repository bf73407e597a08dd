import { setGlobalProxyFromEnv } from 'node:http';
import { Agent } from 'node:https';
import type { SecretsManagerClient, SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { askIdentity } from './identity.js';
import { DEFAULT_ATTEMPTS, PluginRetries } from './retries.js';
import type { Properties } from '../values.js';

// Keys that change which account or which path is used in a way that the stand-in does not have.
const NOT_SUPPORTED = [
  'assumeRoles',
  'assumeRoleWithWebIdentity',
  'httpProxy',
  'httpsProxy',
  'customCaBundle',
];

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A provider's setting that is no text travels as JSON in a text; an unset one as nothing or `null`. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? undefined;
  try {
    return (JSON.parse(value) as unknown) ?? undefined;
  } catch {
    return value;
  }
}

/** The endpoint of Secrets Manager in a provider's `endpoints`: a list of maps from service to address. */
function endpointOf(endpoints: unknown): string | undefined {
  const list: unknown[] = Array.isArray(endpoints) ? endpoints : [];
  const addresses = list.map((item) => (item as { secretsmanager?: unknown }).secretsmanager);
  return textOf(addresses.find(Boolean));
}

/**
 * The settings of the SDK's client that a provider's configuration asks for; all else (credentials, region,
 * AWS_ENDPOINT_URL) the SDK takes from the environment, as the real plugin does; AWS_MAX_ATTEMPTS it does not.
 *
 * @throws Error for a key that the stand-in cannot honour
 */
export function clientSettings(configuration: Properties, stopped: AbortSignal): SecretsManagerClientConfig {
  for (const key of NOT_SUPPORTED) {
    const value = jsonOf(configuration[key]);
    if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)) {
      throw new Error(`The lab's stand-in for the aws plugin does not support the provider setting ${key}.`);
    }
  }
  const settings: SecretsManagerClientConfig = {};
  const region = textOf(configuration['region']);
  const endpoint = endpointOf(jsonOf(configuration['endpoints']));
  const profile = textOf(configuration['profile']);
  const accessKeyId = textOf(configuration['accessKey']);
  const secretAccessKey = textOf(configuration['secretKey']);
  const sessionToken = textOf(configuration['token']);
  const maxRetries = Number(jsonOf(configuration['maxRetries']) ?? NaN);
  if (region) settings.region = region;
  if (endpoint) settings.endpoint = endpoint;
  if (profile) settings.profile = profile;
  const attempts = Number.isInteger(maxRetries) && maxRetries > 0 ? maxRetries : DEFAULT_ATTEMPTS;
  settings.retryStrategy = new PluginRetries(attempts, stopped);
  if (accessKeyId && secretAccessKey) {
    settings.credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  return settings;
}

/** The real plugin takes the proxy of the environment for https; here Node's own agent does. */
function overProxy(): Pick<SecretsManagerClientConfig, 'requestHandler'> {
  const { HTTPS_PROXY, NO_PROXY } = process.env;
  if (!HTTPS_PROXY) return {};
  const proxyEnv = { HTTPS_PROXY, NO_PROXY };
  setGlobalProxyFromEnv(proxyEnv);
  return { requestHandler: { httpsAgent: new Agent({ keepAlive: true, proxyEnv }) } };
}

/** The clients of one provider, one for each region. The SDK is loaded when the first one is asked for. */
export class Clients {
  private settings: SecretsManagerClientConfig = {};
  private readonly made = new Map<string | undefined, Promise<SecretsManagerClient>>();

  /**
   * Takes the provider's configuration, and asks STS twice as the real plugin does: to validate the credentials, and for
   * the account. @throws Error for a key that the stand-in cannot honour, and for credentials that STS does not know
   */
  async configure(configuration: Properties, stopped: AbortSignal): Promise<void> {
    this.settings = clientSettings(configuration, stopped);
    const client = await this.for(undefined);
    for (const key of ['skipCredentialsValidation', 'skipRequestingAccountId'])
      if (jsonOf(configuration[key]) !== true) await askIdentity(client);
  }

  /** The client for a region; without one, that of the provider or of the environment. */
  for(region: string | undefined): Promise<SecretsManagerClient> {
    const known = this.made.get(region);
    if (known) return known;
    const client = this.make(region);
    this.made.set(region, client);
    return client;
  }

  private async make(region: string | undefined): Promise<SecretsManagerClient> {
    const sdk = await import('@aws-sdk/client-secrets-manager');
    return new sdk.SecretsManagerClient({ ...this.settings, ...overProxy(), ...(region ? { region } : {}) });
  }
}
