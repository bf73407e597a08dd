import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CoordinationV1Api, V1Lease, V1Role, V1RoleBinding } from '@kubernetes/client-node';
import {
  KubeConfig,
  CoordinationV1Api as Coordination,
  RbacAuthorizationV1Api,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Lab, Site } from '../../../lab';

const file = path.resolve(__dirname, '..', '..', '..', '..', 'infra', 'kubernetes', 'role-optional.yaml');

function adminConfig(lab: Lab): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(lab.kubernetes.adminKubeconfig);
  return config;
}

/** Applies infra/kubernetes/role-optional.yaml in the site's namespace. */
export async function grantOptionalRights(lab: Lab, { namespace }: Site): Promise<void> {
  const rbac = adminConfig(lab).makeApiClient(RbacAuthorizationV1Api);
  const [role, binding] = parseAllDocuments(readFileSync(file, 'utf8')).map(
    (document) => document.toJS() as unknown,
  ) as [V1Role, V1RoleBinding];
  await rbac.createNamespacedRole({
    namespace,
    body: { ...role, metadata: { ...role.metadata, namespace } },
  });
  const subjects = (binding.subjects ?? []).map((subject) => ({ ...subject, namespace }));
  const body = { ...binding, subjects, metadata: { ...binding.metadata, namespace } };
  await rbac.createNamespacedRoleBinding({ namespace, body });
}

/** The Lease of a site, as the cluster's admin sees it. */
export class SiteLease {
  private readonly api: CoordinationV1Api;
  private readonly where: { namespace: string; name: string };

  constructor(lab: Lab, { namespace, deployment }: Site) {
    this.api = adminConfig(lab).makeApiClient(Coordination);
    this.where = { namespace, name: `credential-rotation-${deployment}` };
  }

  read(): Promise<V1Lease> {
    return this.api.readNamespacedLease(this.where);
  }

  /** Writes a holder, as another run would. */
  async hold(holderIdentity: string, leaseDurationSeconds = 15): Promise<void> {
    const { namespace, name } = this.where;
    const before = await this.read().catch(() => undefined);
    const renewTime = new Date().toISOString().replace('Z', '000Z') as unknown as V1Lease['spec'];
    const spec = { holderIdentity, leaseDurationSeconds, renewTime } as unknown as NonNullable<
      V1Lease['spec']
    >;
    const body: V1Lease = { metadata: { ...before?.metadata, namespace, name }, spec };
    if (before) await this.api.replaceNamespacedLease({ namespace, name, body });
    else await this.api.createNamespacedLease({ namespace, body });
  }
}
