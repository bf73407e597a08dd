import type { Kubernetes } from '../../world/kubernetes';
import { neededRights } from '../../world/kubernetes';

/** What would stop the restart or the patch of the Secret; each problem is one sentence with what to do. */
export async function kubernetesProblems(kubernetes: Kubernetes): Promise<string[]> {
  const { target } = kubernetes;
  const missing = await kubernetes.missingRights(neededRights(target));
  if (missing.length > 0) {
    return missing.map(
      ({ verb, resource, name }) =>
        `RBAC does not allow "${verb}" on ${resource} ${target.namespace}/${name}; add it to the Role of this service account.`,
    );
  }
  const { spec } = await kubernetes.deployment();
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  if (spec?.paused === true)
    return [`${name} is paused, so that a restart would never end; run kubectl rollout resume.`];
  if (spec?.replicas === 0)
    return [`${name} has no replicas, so that nothing could prove the new login; scale it up first.`];
  return [];
}
