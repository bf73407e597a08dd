import { Failure } from '../base/failure';
import { effect } from '../base/effect';
import { sleep } from '../base/errors';
import type { Kubernetes, KubernetesTarget, Lease, Right } from './kubernetes';
import { statusOf } from './errors';

/** A Lease that was not renewed for so long may be taken over; in seconds. */
export const leaseSeconds = 15;

/** The Lease of one Deployment. */
export function leaseName(target: KubernetesTarget): string {
  return `credential-rotation-${target.deployment}`;
}

/** Rights that make the Lease possible; without them the database's lock is the only one. */
export function leaseRights(target: KubernetesTarget): Right[] {
  const lease = { group: 'coordination.k8s.io', resource: 'leases', name: leaseName(target) };
  // A request to create has no name for RBAC to compare.
  return [
    { verb: 'get', ...lease },
    { verb: 'create', ...lease, name: '' },
    { verb: 'update', ...lease },
  ];
}

/** The Lease as it is; undefined when there is none. */
export async function readLease(kubernetes: Kubernetes): Promise<Lease | undefined> {
  try {
    return await kubernetes.lease(leaseName(kubernetes.target));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Who holds a Lease, or undefined when nobody does. */
export function leaseHolder(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === undefined || holder === '' ? undefined : holder;
}

/** The Lease and its holder; undefined where nobody holds it, or this identity may not read it. */
export async function readableLease(
  kubernetes: Kubernetes,
): Promise<{ name: string; holder: string; renewed: string } | undefined> {
  const { target } = kubernetes;
  const get = leaseRights(target).filter(({ verb }) => verb === 'get');
  if ((await kubernetes.missingRights(get)).length > 0) return undefined;
  const lease = await readLease(kubernetes);
  const holder = leaseHolder(lease);
  if (holder === undefined) return undefined;
  return { name: leaseName(target), holder, renewed: String(lease?.spec?.renewTime) };
}

/** Writes a Lease only if it is still as it was read; false when somebody else wrote it in between. */
export async function writeLease(
  kubernetes: Kubernetes,
  before: Lease | undefined,
  holder: string,
): Promise<boolean> {
  const { target } = kubernetes;
  // A MicroTime of the API: RFC 3339 with six digits after the point.
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  const isNew = leaseHolder(before) !== holder;
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: leaseSeconds,
    renewTime,
    ...(isNew ? { acquireTime: renewTime } : { acquireTime: before?.spec?.acquireTime ?? renewTime }),
    leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (isNew && before ? 1 : 0),
  };
  const { namespace } = target;
  const name = leaseName(target);
  const metadata = { ...before?.metadata, namespace, name };
  const body: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  try {
    if (before === undefined) await kubernetes.createLease(body);
    else await kubernetes.replaceLease(name, body);
    return true;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
}

/**
 * Takes the Lease. One that is held is waited for until its holder has not renewed it for its whole duration, by this
 * machine's monotonic clock: the holder's clock may be wrong.
 * @throws Failure `locked` naming the holder when it is alive
 */
export async function takeLease(kubernetes: Kubernetes, holder: string): Promise<void> {
  let seen: { renewed: string; since: number } | undefined;
  for (;;) {
    const lease = await kubernetes.answered('get', leaseText(kubernetes), () => readLease(kubernetes));
    const other = leaseHolder(lease);
    const renewed = String(lease?.spec?.renewTime);
    const now = performance.now();
    if (seen !== undefined && seen.renewed !== renewed) throw leaseHeld(kubernetes, other);
    seen ??= { renewed, since: now };
    const durationMs = (lease?.spec?.leaseDurationSeconds ?? leaseSeconds) * 1000;
    if (other === undefined || now - seen.since > durationMs) {
      const holds = await effect('lease: take', () =>
        // A write whose reply was lost is known by its holder.
        kubernetes.answered('update', leaseText(kubernetes), async () =>
          (await writeLease(kubernetes, lease, holder)) ? holder : leaseHolder(await readLease(kubernetes)),
        ),
      );
      if (holds === holder) return;
      throw leaseHeld(kubernetes, holds);
    }
    await sleep(1000);
  }
}

/** A Lease for people. */
export function leaseText({ target }: Pick<Kubernetes, 'target'>): string {
  return `Lease ${target.namespace}/${leaseName(target)}`;
}

function leaseHeld(kubernetes: Kubernetes, holder: string | undefined): Failure {
  return new Failure(
    'lock-held',
    `Another rotation is running: ${holder ?? 'somebody'} holds ${leaseText(kubernetes)}; wait until it ends and run again.`,
  );
}
