import { Failure } from '../../failure';
import { downtimeFinding } from './downtime';
import { keysToLeave, occasionalWriter, otherOwner } from './secretOwner';
import { secretUse } from './secretUse';
import type { Kubernetes } from '../../world/kubernetes';
import { neededRights } from '../../world/kubernetes';

/** What a rotation finds at the Deployment and its Secret. */
export interface KubernetesFindings {
  /** What would stop the restart or the patch of the Secret; each is one sentence with what to do. */
  problems: Failure[];
  /** What an operator should know, each a sentence without its full stop. */
  notices: string[];
}

/** Looks whether Deployment and Secret can be changed, and belong together. Writes nothing. */
export async function kubernetesFindings(
  kubernetes: Kubernetes,
  acceptDowntime: boolean,
): Promise<KubernetesFindings> {
  const { target } = kubernetes;
  const missing = await kubernetes.missingRights(neededRights(target));
  if (missing.length > 0) {
    const problems = missing.map(
      ({ verb, resource, name }) =>
        new Failure(
          'permission',
          `RBAC does not allow "${verb}" on ${resource} ${target.namespace}/${name}; add it to the Role of this service account.`,
        ),
    );
    return { problems, notices: [] };
  }
  const [{ spec }, secret] = await Promise.all([kubernetes.deployment(), kubernetes.secret()]);
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  const downtime = downtimeFinding(spec ?? {}, `${target.namespace}/${target.deployment}`, acceptDowntime);
  const owner = otherOwner(secret);
  const writer = occasionalWriter(secret);
  const { used, others } = secretUse({ ...(spec ? { spec } : {}) }, target.secret);
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
    ...(used || others.length === 0
      ? []
      : [
          `Wrong target? ${name} takes its variables from Secret ${others.join(', ')} and not from ${target.secret}; name the Secret that its pods read (K8S_SECRET_NAME), or the Deployment that reads this one.`,
        ]),
  ];
  return {
    problems: [
      ...problems.map((problem) => new Failure('configuration', problem)),
      ...(downtime.problem ? [downtime.problem] : []),
    ],
    notices: [
      ...(downtime.notice === undefined ? [] : [downtime.notice]),
      ...(used || others.length > 0
        ? []
        : [`${name} does not use Secret ${target.secret}: its pods read sqlconf.php alone`]),
      ...(owner !== undefined || writer === undefined
        ? []
        : [`Secret ${target.namespace}/${target.secret} ${writer}`]),
    ],
  };
}
