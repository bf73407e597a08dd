import { canaryNames } from '../rotation/canary';
import type { KubernetesTarget, Right } from './kubernetes';

/** The right without which no Event is made. RBAC cannot limit "create" to a name. */
export const eventRight: Right = { verb: 'create', group: '', resource: 'events', name: '' };

/**
 * Rights that make the canary possible (infra/kubernetes/role-canary.yaml): its pod, the one that it is compared with, and
 * the Secret that stands for OpenEMR's in it, without which its variables keep the old login.
 */
export function canaryRights({ deployment }: Pick<KubernetesTarget, 'deployment'>): {
  pods: Right[];
  secrets: Right[];
} {
  const { pod, control, secret } = canaryNames(deployment);
  const rights = (resource: string, names: readonly string[]): Right[] => [
    { verb: 'create', group: '', resource, name: '' },
    ...names.flatMap((name) => ['get', 'delete'].map((verb) => ({ verb, group: '', resource, name }))),
  ];
  return { pods: rights('pods', [pod, control]), secrets: rights('secrets', [secret]) };
}
