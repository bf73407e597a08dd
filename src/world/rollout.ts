import type { V1Deployment } from '@kubernetes/client-node';
import { Failure } from '../failure';
import { sleep } from './errors';
import type { Kubernetes } from './kubernetes';

/** Where a rollout stands, with the counts that `kubectl rollout status` shows. */
export type RolloutState =
  | { kind: 'complete' }
  | { kind: 'progressing'; updated: number; available: number; wanted: number }
  | { kind: 'failed'; reason: string };

/**
 * Judges a Deployment by its own generation: an older status never counts (the rules of
 * `kubectl rollout status`, plus ready = wanted and no old replica left).
 */
export function rolloutState(deployment: V1Deployment): RolloutState {
  const { metadata, spec, status } = deployment;
  const wanted = spec?.replicas ?? 1;
  const [updated, ready, available, total] = [
    status?.updatedReplicas ?? 0,
    status?.readyReplicas ?? 0,
    status?.availableReplicas ?? 0,
    status?.replicas ?? 0,
  ];
  const progressing: RolloutState = { kind: 'progressing', updated, available, wanted };
  if (spec?.paused === true)
    return { kind: 'failed', reason: 'the Deployment is paused; run kubectl rollout resume' };
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return progressing;
  const condition = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (condition?.reason === 'ProgressDeadlineExceeded') {
    return { kind: 'failed', reason: (condition.message ?? 'ProgressDeadlineExceeded').replace(/\.$/, '') };
  }
  const complete = updated === wanted && ready === wanted && available === wanted && total === wanted;
  return complete ? { kind: 'complete' } : progressing;
}

/** The limit of one rollout in ms: the Deployment's own deadline counts from its last progress, once per replica at most. */
export function rolloutLimitMs(deployment: V1Deployment, givenSeconds?: number): number {
  if (givenSeconds !== undefined) return givenSeconds * 1000;
  const deadline = deployment.spec?.progressDeadlineSeconds ?? 600;
  const replicas = Math.max(1, deployment.spec?.replicas ?? 1);
  return (deadline * replicas + 30) * 1000;
}

/**
 * Waits until the restart with this token is complete.
 * @throws Failure `timeout` when the limit passes or the Deployment says that it does not progress.
 */
export async function waitForRollout(
  kubernetes: Kubernetes,
  restart: { annotation: string; token: string },
  givenSeconds?: number,
): Promise<void> {
  const name = `Deployment ${kubernetes.target.namespace}/${kubernetes.target.deployment}`;
  const started = performance.now();
  let pauseMs = 100;
  for (;;) {
    const deployment = await kubernetes.deployment();
    const found = deployment.spec?.template.metadata?.annotations?.[restart.annotation];
    if (found !== restart.token) {
      throw new Failure(
        'before-switch',
        `${name} no longer has this rotation's restart annotation: somebody else restarted it; run again.`,
      );
    }
    const state = rolloutState(deployment);
    if (state.kind === 'complete') return;
    if (state.kind === 'failed')
      throw new Failure(
        'timeout',
        `${name} does not roll out: ${state.reason}; look at its newest pods with kubectl describe.`,
      );
    if (performance.now() - started > rolloutLimitMs(deployment, givenSeconds)) {
      throw new Failure(
        'timeout',
        `${name} is not complete in time (${state.updated} updated, ${state.available} available of ${state.wanted}); look at its newest pods with kubectl describe.`,
      );
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, 1000);
  }
}
