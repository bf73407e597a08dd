import { Failure } from '../../failure';
import { keysToLeave, otherOwner } from './secretOwner';
import type { Kubernetes } from '../../world/kubernetes';
import { neededRights } from '../../world/kubernetes';

/** What would stop the restart or the patch of the Secret; each problem is one sentence with what to do. */
export async function kubernetesProblems(kubernetes: Kubernetes): Promise<Failure[]> {
  const { target } = kubernetes;
  const missing = await kubernetes.missingRights(neededRights(target));
  if (missing.length > 0) {
    return missing.map(
      ({ verb, resource, name }) =>
        new Failure(
          'permission',
          `RBAC does not allow "${verb}" on ${resource} ${target.namespace}/${name}; add it to the Role of this service account.`,
        ),
    );
  }
  const [{ spec }, secret] = await Promise.all([kubernetes.deployment(), kubernetes.secret()]);
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  const owner = otherOwner(secret);
  const problems = [
    ...(spec?.paused === true
      ? [`${name} is paused, so that a restart would never end; run kubectl rollout resume.`]
      : []),
    ...(spec?.replicas === 0
      ? [`${name} has no replicas, so that nothing could prove the new login; scale it up first.`]
      : []),
    ...(owner === undefined
      ? []
      : [
          `Secret ${target.namespace}/${target.secret} ${owner}, which would put the old password back; take the keys ${keysToLeave} out of its hands.`,
        ]),
  ];
  return problems.map((problem) => new Failure('configuration', problem));
}
