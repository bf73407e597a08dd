import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubernetesClient, KubernetesObject } from '../../../lab/kubernetes-client';
import { repositoryFile } from '../../unit/docs/readme';

/** Applies infra/kubernetes/role-launcher.yaml in a namespace, for a ServiceAccount there in the place of the group. */
export async function grantLauncherRights(
  client: KubernetesClient,
  namespace: string,
  account: string,
): Promise<void> {
  const file = repositoryFile('infra', 'kubernetes', 'role-launcher.yaml');
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const [role, binding] = parseAllDocuments(readFileSync(file, 'utf8')).map(
    (document) => document.toJS() as KubernetesObject,
  );
  for (const [kind, object] of [
    ['roles', role],
    ['rolebindings', binding],
  ] as const)
    await client.create(`${rbac}/${kind}`, {
      ...object,
      metadata: { ...object?.metadata, namespace },
      ...(kind === 'rolebindings'
        ? { subjects: [{ kind: 'ServiceAccount', name: account, namespace }] }
        : {}),
    });
}
