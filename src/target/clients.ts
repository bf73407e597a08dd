import type { WorldContext } from './context';
import { Kubernetes } from '../kubernetes/kubernetes';
import { SecretsManager } from '../aws/secretsManager';

/** One Secrets Manager client for each region, so that connections are kept alive. */
const clients = new Map<string, SecretsManager>();

/** The client for the context's region; the command and its resources share it. */
export function secretsManager({ region }: Pick<WorldContext, 'region'>): SecretsManager {
  const client = clients.get(region) ?? new SecretsManager(region);
  clients.set(region, client);
  return client;
}

/** One Kubernetes client for each OpenEMR: a login by the kubeconfig's exec plugin is made once, connections are kept alive. */
const kubernetesClients = new Map<string, Kubernetes>();

/** The client for the context's OpenEMR; the command and its resources share it. */
export function kubernetesOf({ kubernetes: target }: Pick<WorldContext, 'kubernetes'>): Kubernetes {
  const key = JSON.stringify([target.namespace, target.deployment, target.secret]);
  const client = kubernetesClients.get(key) ?? new Kubernetes(target);
  kubernetesClients.set(key, client);
  return client;
}
