import { inOneLine } from '../base/sentence';
import type { V1ContainerStatus, V1Deployment, V1Pod } from '@kubernetes/client-node';

/** What keeps new pods from getting ready. */
export interface Trouble {
  /** For people: the pod and the reason, as `kubectl describe` has it. */
  reason: string;
  /** False for what may end by itself: no room in the cluster yet, a container that still starts. */
  lasting: boolean;
  /** How long a lasting one must stand until it is believed, in ms, where Kubernetes tries it again by itself. */
  standsMs?: number;
}

/** The kubelet's first pauses between two pulls of an image are 10, 20 and 40 s (kubelet.go, `imageBackOffPeriod`). */
const pullStandsMs = 75_000;
const pullReasons = new Set(['ErrImagePull', 'ImagePullBackOff']);

/**
 * A pod that was refused is tried again after pauses that double up to some 80 s (replica_set.go, its rate limiter); and a
 * quota counts an old pod until it has ended, which may take its whole grace period.
 */
function replicaStandsMs({ spec }: V1Deployment): number {
  return ((spec?.template.spec?.terminationGracePeriodSeconds ?? 30) + 90) * 1000;
}

/** Why a container waits, where waiting longer seldom helps. */
const lastingReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
/** A container that ended so often will do so again. */
const crashesThatLast = 3;

/** What the Deployment itself says of pods that it cannot make, such as a quota; needs no right to see pods. */
export function replicaTrouble(deployment: V1Deployment): Trouble | undefined {
  const found = deployment.status?.conditions?.find(
    ({ type, status: holds }) => type === 'ReplicaFailure' && holds === 'True',
  );
  if (!found) return undefined;
  const standsMs = replicaStandsMs(deployment);
  return { reason: said(found.reason ?? 'ReplicaFailure', found.message), lasting: true, standsMs };
}

/** The worst trouble of the pods that carry a restart's token; undefined when all are ready. */
export function podTrouble(
  pods: readonly V1Pod[],
  { annotation, token }: { annotation: string; token: string },
): Trouble | undefined {
  return worstTrouble(pods.filter(({ metadata }) => metadata?.annotations?.[annotation] === token));
}

/** The worst trouble of these pods but for those that go; undefined when all are ready. */
export function worstTrouble(pods: readonly V1Pod[]): Trouble | undefined {
  const troubles = pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map(troubleOf)
    .filter((trouble) => trouble !== undefined);
  return troubles.find(({ lasting }) => lasting) ?? troubles[0];
}

/** What keeps a pod from getting ready; undefined when nothing does, or nothing is known yet. */
export function troubleOf({ metadata, status }: V1Pod): Trouble | undefined {
  const name = `pod ${metadata?.name ?? ''}`;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      reason: `${name}: ${said(scheduled.reason ?? 'not scheduled', scheduled.message)}`,
      lasting: false,
    };
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of containers) {
    const found = troubleOfContainer(container);
    if (found) return { ...found, reason: `${name}: ${found.reason}` };
  }
  return undefined;
}

function troubleOfContainer({
  ready,
  restartCount,
  state,
  lastState,
}: V1ContainerStatus): Trouble | undefined {
  const waiting = state?.waiting;
  if (waiting?.reason !== undefined && lastingReasons.has(waiting.reason))
    return {
      reason: said(waiting.reason, waiting.message),
      lasting: true,
      ...(pullReasons.has(waiting.reason) ? { standsMs: pullStandsMs } : {}),
    };
  // The message of an ended container may be the end of its log: it is not shown.
  const ended = state?.terminated ?? lastState?.terminated;
  if (!ready && ended && ended.exitCode !== 0 && restartCount > 0)
    return {
      reason: `its container ended ${restartCount} times, the last time with exit code ${ended.exitCode} (${waiting?.reason ?? ended.reason ?? 'Error'})`,
      lasting: restartCount >= crashesThatLast,
    };
  return ready || state?.running === undefined
    ? undefined
    : { reason: 'it runs but is not ready', lasting: false };
}

/** A reason with its message on one line, cut short. */
export function said(reason: string, message = ''): string {
  const text = inOneLine(message);
  return text === '' ? reason : `${reason} (${text.slice(0, 200)})`;
}
