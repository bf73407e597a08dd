import type { ExportedState } from './stateForm';
import { stateIn } from './stateForm';

/** How an exported state says that its secrets are encrypted. */
export type StateSecretsProvider = NonNullable<ExportedState['secrets_providers']>;

/** The secrets provider that an exported state names; undefined where it has no secrets yet. */
export function secretsProviderIn(deployment: unknown): StateSecretsProvider | undefined {
  return stateIn(deployment).secrets_providers ?? undefined;
}
