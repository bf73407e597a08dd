import { withoutFullStop } from '../base/sentence';
import type { V1Deployment, V1ManagedFieldsEntry } from '@kubernetes/client-node';
import { restartAnnotation } from '../rotation/annotations';

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
    return { kind: 'failed', reason: withoutFullStop(condition.message ?? 'ProgressDeadlineExceeded') };
  }
  const complete = updated === wanted && ready === wanted && available === wanted && total === wanted;
  return complete ? { kind: 'complete' } : progressing;
}

/**
 * When its controller gave the rollout up, as text; undefined where it has not. That stays so until the next progress: a
 * quota that was raised since, or a node that was added, is seen at the controller's next try only.
 */
export function gaveUpAt({ spec, status }: V1Deployment): string | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (spec?.paused === true || condition?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return String(condition.lastUpdateTime ?? condition.lastTransitionTime ?? '');
}

/**
 * Whether the last rollout came to its end, and pods are away for another reason since: a node, a failing probe, an
 * autoscaler. Its controller leaves the reason of that end standing (kubernetes, pkg/controller/deployment/progress.go).
 */
export function isScaling(deployment: V1Deployment): boolean {
  const { metadata, status } = deployment;
  if (rolloutState(deployment).kind !== 'progressing') return false;
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const condition = status?.conditions?.find(({ type }) => type === 'Progressing');
  // A Deployment without a progress deadline has no such condition: then the counts alone decide.
  const ended = condition === undefined || condition.reason === 'NewReplicaSetAvailable';
  return seen && ended && (status?.updatedReplicas ?? 0) === (status?.replicas ?? 0);
}

/**
 * How far a rollout has come, as a number that each step of it makes greater: a new pod is made, is ready, or an old
 * one has gone. A pod that comes and goes never beats the best number so far.
 */
export function rolloutProgress({ status }: V1Deployment): number {
  const updated = status?.updatedReplicas ?? 0;
  const old = (status?.replicas ?? 0) - updated;
  return updated + (status?.readyReplicas ?? 0) + (status?.availableReplicas ?? 0) - 3 * old;
}

/** kubernetes.io/docs/concepts/workloads/controllers/deployment, "Progress Deadline Seconds" */
const usualDeadlineSeconds = 600;

/**
 * How long a rollout may be without progress, in ms: the Deployment's own deadline, and a little more, since its
 * controller says so first. A slow rollout of many pods takes that long for each. A deadline of more than a day is none
 * (2147483647 was once the default, for "no deadline"): then it is that of Kubernetes, for a run that waits for ever holds its lock.
 */
export function stallLimitMs(deployment: V1Deployment): number {
  const given = deployment.spec?.progressDeadlineSeconds ?? usualDeadlineSeconds;
  return ((given > 86_400 ? usualDeadlineSeconds : given) + 30) * 1000;
}

/** The restart that the pod template asks for; undefined where it has none of this tool's. */
export function restartedAs({ spec }: V1Deployment): string | undefined {
  return spec?.template.metadata?.annotations?.[restartAnnotation];
}

/** Our own patches have this field manager. */
export const fieldManager = 'credential-rotation';

/**
 * Who wrote the Deployment's spec last, besides this tool, by its managed fields: a name for a message.
 * kubernetes.io/docs/reference/using-api/server-side-apply, "Field management"
 */
export function lastOwner({ metadata }: V1Deployment): string {
  const others = (metadata?.managedFields ?? []).filter(
    ({ manager, subresource, fieldsV1 }) =>
      manager !== undefined &&
      // The API server's own name for a client that gives none.
      manager !== 'unknown' &&
      manager !== fieldManager &&
      (subresource ?? '') === '' &&
      Object.hasOwn((fieldsV1 as object | undefined) ?? {}, 'f:spec'),
  );
  const time = (entry: V1ManagedFieldsEntry): number => new Date(entry.time ?? 0).getTime();
  const [last] = others.sort((one, two) => time(two) - time(one));
  return last?.manager === undefined ? 'somebody else' : `${last.manager} (field manager)`;
}
