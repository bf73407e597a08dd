import type { V1Pod, V1Secret } from '@kubernetes/client-node';
import { Failure } from '../../base/failure';
import { sleep } from '../../base/errors';
import type { Kubernetes, OwnResource } from '../../kubernetes/kubernetes';
import { canaryRights } from '../../kubernetes/rights';
import { canaryNames } from '../../rotation/canary';
import { effect } from '../../base/effect';
import { assertHeld } from '../adminSession';
import { canaryLabel } from './pod';

/** What is asked of the cluster. */
export type CanaryObjects = Pick<Kubernetes, 'target' | 'own' | 'createOwn' | 'removeOwn' | 'missingRights'>;

/** What a canary may have left, in the order in which it is removed: the pods first, which use the Secret. */
const parts = ['pod', 'control', 'secret'] as const;

/** How long what a killed run has left may take to go, in ms: its grace period and a little. */
const goneLimitMs = 10_000;

/** Names of the writes. */
const effects = {
  pod: 'kubernetes: delete the canary pod',
  control: 'kubernetes: delete the control pod',
  secret: 'kubernetes: delete the canary Secret',
} as const;

function resourceOf(part: (typeof parts)[number]): OwnResource {
  return part === 'secret' ? 'secrets' : 'pods';
}

/** Whether an object is one that a canary made. */
export function isOurs({ metadata }: V1Pod | V1Secret): boolean {
  return metadata?.labels?.[canaryLabel] !== undefined;
}

/**
 * Removes a part of a canary, if there is one. What has that name and is not ours stays.
 * @returns `foreign` where there is such a thing, `gone` where there is nothing
 */
export async function removePart(
  kubernetes: CanaryObjects,
  part: (typeof parts)[number],
  guard = assertHeld,
): Promise<'gone' | 'removed' | 'foreign'> {
  const name = canaryNames(kubernetes.target.deployment)[part];
  const resource = resourceOf(part);
  const found = await kubernetes.own(resource, name);
  if (found === undefined) return 'gone';
  if (!isOurs(found)) return 'foreign';
  await effect(effects[part], async () => {
    await guard();
    await kubernetes.removeOwn(resource, found);
  });
  return 'removed';
}

/**
 * Removes what a killed run has left of its canary in the cluster. For the start of a run that holds the lock; nothing
 * depends on it, and without the right there is nothing of ours. Its file goes with the other leftovers beside
 * `sqlconf.php`.
 * @throws Failure `lock-lost`
 */
export async function removeCanary(kubernetes: CanaryObjects, guard = assertHeld): Promise<void> {
  // Asked beforehand: an account without the right would be refused in each run, and the cluster's audit log tells of it.
  const { pods, secrets } = canaryRights(kubernetes.target);
  const looks = [pods, secrets].flatMap((rights) => rights.filter(({ verb }) => verb === 'get').slice(0, 1));
  const missing = await kubernetes.missingRights(looks).catch(() => looks);
  const may = (resource: OwnResource): boolean => missing.every((right) => right.resource !== resource);
  for (const part of parts.filter((each) => may(resourceOf(each)))) {
    try {
      const was = await removePart(kubernetes, part, guard);
      // A quota counts a pod until it has gone, and the preflight asks whether there is room.
      if (was === 'removed' && part !== 'secret') await waitUntilGone(kubernetes, part, goneLimitMs);
    } catch (error) {
      if (error instanceof Failure && error.outcome === 'locked') throw error;
      // Without the right nothing of ours can be there, and an API server that is away is not asked three times.
      if (error instanceof Failure) return;
      // The pod ends by itself, and the next run tries again.
    }
  }
}

/** Waits until a pod is gone, so that its room is free for the restart: at most `limitMs` ms. Never throws. */
export async function waitUntilGone(
  kubernetes: CanaryObjects,
  part: 'pod' | 'control',
  limitMs: number,
): Promise<void> {
  const name = canaryNames(kubernetes.target.deployment)[part];
  const ends = performance.now() + limitMs;
  while (performance.now() < ends) {
    const found = await kubernetes.own('pods', name).catch(() => 'unknown' as const);
    if (found === undefined) return;
    await sleep(100);
  }
}
