import { parseAllDocuments } from 'yaml';
import type { KubernetesClient } from '../../../lab/kubernetes-client';

interface KubernetesDocument {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** The API that each kind of the guides' commands is in. */
const apis: Record<string, string> = {
  cronjob: 'apis/batch/v1',
  job: 'apis/batch/v1',
  role: 'apis/rbac.authorization.k8s.io/v1',
  rolebinding: 'apis/rbac.authorization.k8s.io/v1',
};

/**
 * Carries out a guide's `kubectl` command in a namespace of the lab, as kubectl would: patch, delete with its wait, and
 * apply (server-side, so that what is there is changed and what is not is made). What only reads is left out.
 * @param files the manifests that `apply` finds
 */
export async function kubectl(
  client: KubernetesClient,
  namespace: string,
  command: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const words = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
  if (words[1] === 'apply') return applyAll(client, [...files.values()]);
  const [verb = '', kind = '', name = '', ...rest] = words.slice(words[1] === '-n' ? 3 : 1);
  const place = `/${apis[kind] ?? ''}/namespaces/${namespace}/${kind}s/${name}`;
  if (verb === 'patch') return void (await client.patch(place, JSON.parse(rest[1] ?? '')));
  if (verb === 'delete') return remove(client, place, rest.includes('--ignore-not-found'));
  if (verb !== 'get') throw new Error(`kubectl ${verb} is not known here`);
}

async function remove(client: KubernetesClient, place: string, orNothing: boolean): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  const { status, text } = await client.raw('DELETE', place, body);
  if (status >= 300 && !(status === 404 && orNothing)) throw new Error(text);
  while ((await client.raw('GET', place)).status !== 404)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

async function applyAll(client: KubernetesClient, texts: readonly string[]): Promise<void> {
  for (const document of texts.flatMap((text) => parseAllDocuments(text))) {
    const object = document.toJS() as KubernetesDocument;
    const { name, namespace } = object.metadata;
    const kind = `${object.kind.toLowerCase().replace(/y$/, 'ie')}s`;
    const api = object.apiVersion === 'v1' ? 'api/v1' : `apis/${object.apiVersion}`;
    const place = `/${api}/namespaces/${namespace ?? ''}/${kind}/${name}?fieldManager=kubectl&force=true`;
    const { status, text } = await client.raw('PATCH', place, object, 'application/apply-patch+yaml');
    if (status >= 300) throw new Error(`${object.kind} ${name}: ${text}`);
  }
}
