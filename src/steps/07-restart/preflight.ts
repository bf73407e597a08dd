import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import type { FailureCode } from '../../base/failure';
import { Failure } from '../../base/failure';
import { withoutFullStop } from '../../base/sentence';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { neededRights } from '../../kubernetes/kubernetes';
import { downtimeFinding, unprobedNotice } from './downtime';
import type { PatchTokens } from '../06-kubernetes-secret/patches';
import { patchAnswers } from '../06-kubernetes-secret/patches';
import { quotaProblem } from './quota';
import { keysToLeave, occasionalWriter, otherOwner } from '../../kubernetes/secretOwner';
import { secretUse } from '../../kubernetes/secretUse';
import { restartTime } from './slowPods';
import { lastRollout, settledDeployment } from './standing';

/** What is asked of the cluster. */
export type RestartQuestions = Pick<
  Kubernetes,
  'target' | 'missingRights' | 'deployment' | 'secret' | 'pods' | 'quotas' | 'tryPatch' | 'server'
>;

/** What a rotation finds at the Deployment and its Secret. */
export interface KubernetesFindings {
  /** What would stop the restart or the patch of the Secret; each is one sentence with what to do. */
  problems: Failure[];
  /** What an operator should know, each a sentence without its full stop. */
  notices: string[];
  /** What only the rotation itself will show, likewise; undefined when all could be tried. */
  unseen?: string | undefined;
}

/** What the findings depend on besides the cluster. */
export interface RestartWish {
  /** Values of the annotations in the patches that are tried. */
  tokens: PatchTokens;
  /** All pods may be down at once. */
  acceptDowntime: boolean;
  /**
   * The run may be the cure: it finishes one that was begun, moves OpenEMR back, or the database refuses a login. Then
   * how the last rollout stands, quotas and slow pods are told and refuse nothing; a patch that is refused still does.
   */
  mayMend: boolean;
  /** Limit of the whole restart, in seconds; undefined when it renews with each pod. */
  limitSeconds?: number | undefined;
  /** No patch is tried, and no rollout is waited for. */
  readsOnly?: boolean;
}

/** Looks whether Deployment and Secret can be changed, and belong together. Writes nothing. */
export async function kubernetesFindings(
  kubernetes: RestartQuestions,
  wish: RestartWish,
): Promise<KubernetesFindings> {
  const { target } = kubernetes;
  const missing = await kubernetes.missingRights(neededRights(target));
  if (missing.length > 0) {
    const problems = missing.map(
      ({ verb, resource, name }) =>
        new Failure(
          'kubernetes-permission-missing',
          `RBAC does not allow "${verb}" on ${resource} ${target.namespace}/${name}; add it to the Role of this service account.`,
        ),
    );
    return { problems, notices: [] };
  }
  const [deployment, secret] = await Promise.all([
    settledDeployment(kubernetes, !wish.mayMend && wish.readsOnly !== true),
    kubernetes.secret(),
  ]);
  const fixed = objectFindings(kubernetes, deployment, secret, wish);
  const passing = await restartFindings(kubernetes, deployment, secret, wish);
  return {
    problems: [...fixed.problems, ...passing.problems],
    notices: [...fixed.notices, ...passing.notices],
    unseen: passing.unseen,
  };
}

/** What the two objects themselves say. */
function objectFindings(
  { target }: RestartQuestions,
  { spec }: V1Deployment,
  secret: V1Secret,
  { acceptDowntime }: RestartWish,
): KubernetesFindings {
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  const secretName = `Secret ${target.namespace}/${target.secret}`;
  const downtime = downtimeFinding(spec ?? {}, `${target.namespace}/${target.deployment}`, acceptDowntime);
  const unprobed = spec && unprobedNotice(spec, `${target.namespace}/${target.deployment}`);
  const owner = otherOwner(secret);
  const writer = occasionalWriter(secret);
  const { used, others } = secretUse({ ...(spec ? { spec } : {}) }, target.secret);
  const problems: [boolean, FailureCode, string][] = [
    [
      spec?.paused === true,
      'deployment-unsuited',
      `${name} is paused, so that a restart would never end; run kubectl rollout resume.`,
    ],
    [
      spec?.replicas === 0,
      'deployment-unsuited',
      `${name} has no replicas, so that nothing could prove the new login; scale it up first.`,
    ],
    [
      owner !== undefined,
      'secret-owned-by-others',
      `${secretName} ${owner}, which would put the old password back; take the keys ${keysToLeave} out of its hands, and leave them in the Secret.`,
    ],
    [
      !used && others.length > 0,
      'wrong-target',
      `Wrong target? ${name} takes its variables from Secret ${others.join(', ')} and not from ${target.secret}; name the Secret that its pods read (K8S_SECRET_NAME), or the Deployment that reads this one.`,
    ],
  ];
  return {
    problems: [
      ...problems.flatMap(([found, code, text]) => (found ? [new Failure(code, text)] : [])),
      ...(downtime.problem ? [downtime.problem] : []),
    ],
    notices: [
      ...[downtime.notice, unprobed].filter((text) => text !== undefined),
      ...(used || others.length > 0
        ? []
        : [`${name} does not use Secret ${target.secret}: its pods read sqlconf.php alone`]),
      ...(owner !== undefined || writer === undefined ? [] : [`${secretName} ${writer}`]),
    ],
  };
}

/** Whether both patches would be taken, and the restart could end; all of it is asked at once. */
async function restartFindings(
  kubernetes: RestartQuestions,
  deployment: V1Deployment,
  secret: V1Secret,
  { tokens, mayMend, limitSeconds, readsOnly }: RestartWish,
): Promise<KubernetesFindings> {
  const { target } = kubernetes;
  const name = `Deployment ${target.namespace}/${target.deployment}`;
  const labels = deployment.spec?.selector.matchLabels;
  const [answers, pods, quotas] = await Promise.all([
    readsOnly === true ? [] : patchAnswers(kubernetes, { deployment, secret }, tokens),
    labels && kubernetes.pods(labels),
    kubernetes.quotas(),
  ]);
  const rollout = lastRollout(deployment, pods, name);
  const room = quotas && quotaProblem(quotas, deployment, name);
  const time = restartTime(deployment, pods, { name, limitSeconds });
  const standing = [
    ...(rollout.problem === undefined ? [] : [new Failure('deployment-not-ready', `${rollout.problem}.`)]),
    ...(room === undefined ? [] : [new Failure('quota-exceeded', `${room}.`)]),
    ...(time.problem === undefined ? [] : [new Failure('rollout-limit-short', `${time.problem}.`)]),
  ];
  const unseen = answers.flatMap((answer) => ('notice' in answer ? [answer.notice] : []));
  const told = [rollout.notice, time.notice].filter((notice) => notice !== undefined);
  return {
    problems: [
      ...answers.flatMap((answer) => ('problem' in answer ? [answer.problem] : [])),
      ...(mayMend ? [] : standing),
    ],
    notices: [
      ...unseen,
      ...(mayMend ? standing.map(({ message }) => withoutFullStop(message)) : []),
      ...told,
    ],
    unseen: unseen.length === 0 ? undefined : unseen.join('; '),
  };
}
