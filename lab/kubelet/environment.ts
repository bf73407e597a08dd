import type { KubernetesClient } from '../kubernetes-client';
import type { Lookup } from './lookup';
import { podField } from './lookup';
import type { Container, EnvironmentVariable, Pod } from './pod';
import type { Service } from './serviceVariables';
import { apiServerService, serviceVariables } from './serviceVariables';

/**
 * All variables of a container, as a kubelet makes them: those of Services, of `envFrom`, of `env`, each winning over
 * the ones before; `$(NAME)` in a value stands for a variable before it.
 */
export async function containerVariables(
  pod: Pod,
  container: Container,
  lookup: Lookup,
  injected: Record<string, string>,
): Promise<Record<string, string>> {
  const environment = { ...injected };
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const reference = secretRef ?? configMapRef;
    if (reference === undefined) continue;
    const kind = secretRef ? 'secrets' : 'configmaps';
    const data = await lookup.all(kind, reference.name, reference.optional);
    for (const [key, value] of Object.entries(data)) environment[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, lookup, environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

async function valueOf(
  { value, valueFrom }: EnvironmentVariable,
  pod: Pod,
  lookup: Lookup,
  environment: Record<string, string>,
): Promise<string | undefined> {
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom ?? {};
  if (secretKeyRef) return lookup.key('secrets', secretKeyRef);
  if (configMapKeyRef) return lookup.key('configmaps', configMapKeyRef);
  if (fieldRef) return podField(pod, fieldRef.fieldPath);
  return expand(value ?? '', environment);
}

/** `$(NAME)` by its value; a name that is not known stays as it stands, and `$$` is one `$`. */
export function expand(text: string, environment: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (environment[name] ?? whole),
  );
}

/**
 * The variables of the Services that a pod sees: always the API server's, and those of its namespace unless service
 * links are off.
 */
export async function injectedVariables(
  pod: Pod,
  client: KubernetesClient,
  apiServer: string,
): Promise<Record<string, string>> {
  const links = pod.spec.enableServiceLinks ?? true;
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/services`;
  const services = links ? (await client.get<{ items: Service[] }>(path)).items : [];
  return serviceVariables([...services, apiServerService(apiServer)]);
}
