/** How an exported state says that its secrets are encrypted (apitype.SecretsProvidersV1). */
export interface StateSecretsProvider {
  /** `passphrase`, or `cloud` for a key. */
  type?: string;
  state?: { url?: string; encryptedkey?: string; salt?: string };
}

/** The secrets provider that an exported state names; undefined where it has no secrets yet. */
export function secretsProviderIn(deployment: unknown): StateSecretsProvider | undefined {
  return ((deployment ?? {}) as { secrets_providers?: StateSecretsProvider }).secrets_providers;
}
