import type { KubernetesClient } from '../kubernetes-client';
import type { Pod } from './pod';

/** The variables of a pod's first container, Secrets looked up now. Throws when a needed key is missing. */
export async function resolveEnvironment(
  pod: Pod,
  client: KubernetesClient,
): Promise<Record<string, string>> {
  const secrets = new Map<string, Promise<Record<string, string>>>();
  const secret = (name: string): Promise<Record<string, string>> => {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${name}`;
    const found =
      secrets.get(name) ?? client.get<{ data?: Record<string, string> }>(path).then(({ data }) => data ?? {});
    secrets.set(name, found);
    return found;
  };
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of pod.spec.containers[0]?.env ?? []) {
    const reference = valueFrom?.secretKeyRef;
    if (!reference) {
      environment[name] = value ?? '';
      continue;
    }
    const data = reference.optional
      ? await secret(reference.name).catch(() => ({}))
      : await secret(reference.name);
    const encoded = (data as Record<string, string>)[reference.key];
    if (encoded !== undefined) environment[name] = Buffer.from(encoded, 'base64').toString('utf8');
    else if (!reference.optional)
      throw new Error(`couldn't find key ${reference.key} in Secret ${reference.name}`);
  }
  return environment;
}
