import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { sleep } from '../../base/errors';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { replicaTrouble, worstTrouble } from '../../kubernetes/podTrouble';
import { isScaling, rolloutState } from '../../kubernetes/rollout';

/** A rollout that is about to end is waited for so long, in ms; it also covers a controller that has not looked yet. */
const endsSoonMs = 10_000;
const pauseMs = 500;

/**
 * The Deployment, after a short wait for a rollout that makes progress: a change a moment ago shall not refuse a run.
 * @param waits false: as it is now
 */
export async function settledDeployment(
  kubernetes: Pick<Kubernetes, 'deployment'>,
  waits: boolean,
): Promise<V1Deployment> {
  for (const end = performance.now() + endsSoonMs; ;) {
    const deployment = await kubernetes.deployment();
    const runs = rolloutState(deployment).kind === 'progressing' && !isScaling(deployment);
    const ends = runs && deployment.spec?.replicas !== 0 && replicaTrouble(deployment) === undefined;
    if (!waits || !ends || performance.now() > end) return deployment;
    await sleep(pauseMs);
  }
}

/** How the last rollout stands; each text is a sentence without its full stop. */
export interface Standing {
  /** Why a restart would have no good ground, with what to do. */
  problem?: string;
  /** What does not keep a restart from its end. */
  notice?: string;
}

/**
 * Judges the last rollout: one that is stuck, or still runs, leaves no good ground for a restart. Pods that are away
 * for another reason (a node, an autoscaler) do not refuse one. A paused Deployment is told of elsewhere.
 * @param pods undefined where RBAC does not let them be seen
 */
export function lastRollout(
  deployment: V1Deployment,
  pods: readonly V1Pod[] | undefined,
  name: string,
): Standing {
  const { spec } = deployment;
  if (spec?.paused === true || spec?.replicas === 0) return {};
  const state = rolloutState(deployment);
  if (state.kind === 'complete') return {};
  const ofReplicas = replicaTrouble(deployment)?.reason;
  const ofPods = worstTrouble(pods ?? []);
  const scaling = isScaling(deployment);
  const reasons = [
    ...(state.kind === 'failed' ? [state.reason] : []),
    ...(ofReplicas === undefined ? [] : [ofReplicas]),
    ...(ofPods && (state.kind === 'failed' || (ofPods.lasting && !scaling)) ? [ofPods.reason] : []),
  ];
  if (reasons.length > 0)
    return {
      problem: `The last rollout of ${name} is stuck: ${reasons.join('; ')}; fix that, or deploy the previous version again, and run again`,
    };
  const { updated, available, wanted } =
    state.kind === 'progressing' ? state : { updated: 0, available: 0, wanted: 0 };
  if (scaling) {
    const why = ofPods === undefined ? '' : `: ${ofPods.reason}`;
    return { notice: `${name} has ${available} of ${wanted} pods available before the restart${why}` };
  }
  return {
    problem: `${name} is still rolling out (${updated} updated, ${available} available of ${wanted}); run again when kubectl rollout status says that it is complete`,
  };
}
