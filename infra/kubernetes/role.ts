import { canaryNames } from '../../src/rotation/canary';
import type { OptionalRights, RotationSettings } from './settings';
import { metadataOf, objectNames } from './settings';

/** A rule of a Role. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

type Target = Pick<RotationSettings, 'deployment' | 'kubernetesSecret'>;

/**
 * What a rotation cannot do without, and no more: a part of the rights of the Python tool that it replaces
 * (role.yaml), on two named objects. Both are changed by patches; the Deployment's own answer holds its status.
 */
export function neededRules({ deployment, kubernetesSecret }: Target): Rule[] {
  const verbs = ['get', 'patch'];
  return [
    { apiGroups: [''], resources: ['secrets'], resourceNames: [kubernetesSecret], verbs },
    { apiGroups: ['apps'], resources: ['deployments'], resourceNames: [deployment], verbs },
  ];
}

/** The optional permissions. RBAC cannot limit "create" to a name: the request has none to compare. */
export function optionalRules(
  { deployment }: Pick<Target, 'deployment'>,
  { lease, events, pods, workloads, canary }: OptionalRights,
): Rule[] {
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  return [
    ...(lease
      ? [
          { ...leases, verbs: ['create'] },
          { ...leases, resourceNames: [`credential-rotation-${deployment}`], verbs: ['get', 'update'] },
        ]
      : []),
    ...(events ? [{ apiGroups: [''], resources: ['events'], verbs: ['create'] }] : []),
    ...(pods ? [{ apiGroups: [''], resources: ['pods', 'resourcequotas'], verbs: ['list'] }] : []),
    ...(workloads
      ? [
          { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['list'] },
          { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: ['list'] },
        ]
      : []),
    ...(canary === true ? canaryRules({ deployment }) : []),
  ];
}

/**
 * The permissions for a canary: its pod, the one that it is compared with, and the Secret that stands for OpenEMR's in it.
 * "get" and "delete" are of these alone; whoever may create pods can use each Secret, claim and service account of the
 * namespace by them (kubernetes.io/docs/concepts/security/rbac-good-practices, "Workload creation").
 */
export function canaryRules({ deployment }: Pick<Target, 'deployment'>): Rule[] {
  const { pod, control, secret } = canaryNames(deployment);
  const verbs = ['get', 'delete'];
  return [
    { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['pods'], resourceNames: [pod, control], verbs },
    { apiGroups: [''], resources: ['secrets'], resourceNames: [secret], verbs },
  ];
}

/** The one Role of the rotation: what it needs, and the optional permissions that were chosen. */
export function role(settings: RotationSettings<unknown>) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1' as const,
    kind: 'Role' as const,
    metadata: metadataOf(settings, objectNames(settings).role),
    rules: [...neededRules(settings), ...optionalRules(settings, settings.optionalRights)],
  };
}

/** Gives the Role to the rotation's ServiceAccount. */
export function roleBinding(settings: RotationSettings<unknown>) {
  const names = objectNames(settings);
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1' as const,
    kind: 'RoleBinding' as const,
    metadata: metadataOf(settings, names.binding),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: names.role },
    subjects: [{ kind: 'ServiceAccount', name: names.serviceAccount, namespace: settings.namespace }],
  };
}
