import type { KubernetesClient } from '../kubernetes-client';
import { KubernetesError } from '../kubernetes-client';
import type { KeyReference, Pod } from './pod';

/** Something that a container needs is not there: it waits as `CreateContainerConfigError`. */
export class ContainerConfigError extends Error {}

type Kind = 'secrets' | 'configmaps';

/** Reads the Secrets and ConfigMaps that a pod names, each once. */
export class Lookup {
  private readonly found = new Map<string, Promise<Record<string, string> | undefined>>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly pod: Pod,
  ) {}

  /** All keys, decoded. Throws when the object is missing, unless it is optional. */
  async all(kind: Kind, name: string, optional = false): Promise<Record<string, string>> {
    const key = `${kind}/${name}`;
    const reading = this.found.get(key) ?? this.read(kind, name);
    this.found.set(key, reading);
    const data = await reading;
    if (data !== undefined) return data;
    if (optional) return {};
    throw new ContainerConfigError(`${kind.slice(0, -1)} "${name}" not found`);
  }

  /** One key; undefined when it is missing and optional. Throws when it is missing and not optional. */
  async key(kind: Kind, { name, key, optional = false }: KeyReference): Promise<string | undefined> {
    const value = (await this.all(kind, name, optional))[key];
    if (value === undefined && !optional)
      throw new ContainerConfigError(
        `couldn't find key ${key} in ${kind === 'secrets' ? 'Secret' : 'ConfigMap'} ${name}`,
      );
    return value;
  }

  private async read(kind: Kind, name: string): Promise<Record<string, string> | undefined> {
    const path = `/api/v1/namespaces/${this.pod.metadata.namespace}/${kind}/${name}`;
    try {
      const { data = {} } = await this.client.get<{ data?: Record<string, string> }>(path);
      const decode = (value: string): string =>
        kind === 'secrets' ? Buffer.from(value, 'base64').toString('utf8') : value;
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]));
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** A field of the pod, as the downward API names it. Throws for one that the lab does not know. */
export function podField({ metadata, spec }: Pod, fieldPath: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath) ?? [];
  if (map !== undefined && key !== undefined) return metadata[map as 'labels' | 'annotations']?.[key] ?? '';
  const fields: Record<string, string> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName ?? 'lab',
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.hostIP': '127.0.0.1',
    'status.podIP': '127.0.0.1',
  };
  const value = fields[fieldPath];
  if (value === undefined) throw new ContainerConfigError(`the lab does not know the field ${fieldPath}`);
  return value;
}
