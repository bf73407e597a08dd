import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { troubleOf } from '../../kubernetes/podTrouble';

/** How far a pod is. Each text is a few words without their full stop. */
export type PodLook =
  | { kind: 'waits'; why: string }
  /** It can be asked at the first address; its logins may come from any of them. */
  | { kind: 'answers'; addresses: [string, ...string[]] }
  /** The application ended by itself. */
  | { kind: 'crashed'; why: string }
  /** Something else keeps it from running, for good; where Kubernetes tries that again, only if it stands for so long. */
  | { kind: 'stuck'; why: string; standsMs?: number };

/**
 * What a pod's status says. A probe is not waited for: that of OpenEMR may begin after 300 s. Pure.
 * @param main the containers of OpenEMR itself
 */
export function lookAtPod(pod: V1Pod, main: readonly string[]): PodLook {
  const { status, metadata } = pod;
  if (metadata?.deletionTimestamp !== undefined) return { kind: 'stuck', why: 'somebody deleted it' };
  const ended = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const crash = ended.map((each) => crashOf(each, main)).find((why) => why !== undefined);
  const isOver = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  // The kubelet and the scheduler give a reason of their own where they ended it.
  if (isOver && status.reason !== undefined) return { kind: 'stuck', why: `it was ended: ${status.reason}` };
  if (crash !== undefined) return { kind: 'crashed', why: crash };
  if (isOver) return { kind: 'crashed', why: 'it ended by itself' };
  const trouble = troubleOf(pod);
  if (trouble?.lasting === true) {
    const { reason: why, standsMs } = trouble;
    return { kind: 'stuck', why, ...(standsMs === undefined ? {} : { standsMs }) };
  }
  const [first, ...more] = addressesOf(pod);
  if (first === undefined) return { kind: 'waits', why: trouble?.reason ?? 'it got no address' };
  return { kind: 'answers', addresses: [first, ...more] };
}

/** Where logins of a pod may come from: its own addresses, and its node's. Empty until it has one of its own. Pure. */
export function addressesOf({ status }: V1Pod): string[] {
  if (status?.podIP === undefined) return [];
  const all = [status.podIP, ...(status.podIPs ?? []).map(({ ip }) => ip), status.hostIP];
  return [...new Set(all)].filter((ip) => ip !== undefined);
}

/** A container of OpenEMR that ended, or any that failed. */
function crashOf({ name, state }: V1ContainerStatus, main: readonly string[]): string | undefined {
  const ended = state?.terminated;
  if (!ended || (ended.exitCode === 0 && !main.includes(name))) return undefined;
  return `its container ${name} ended with exit code ${ended.exitCode}`;
}
