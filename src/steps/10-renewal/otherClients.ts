import type { V1Pod } from '@kubernetes/client-node';
import { sleep } from '../../base/errors';
import type { Session } from '../../mysql/database';
import type { LoginLook } from '../../mysql/logins';
import { lookAtLogins, onlyRefused } from '../../mysql/logins';

/** Who uses a database user, by client host, as far as the server tells. */
export interface Clients {
  hosts: string[];
  /** Why logins that come and go are not seen by host; undefined where they are. */
  whyNoCounts?: string;
}

/**
 * Looks from where somebody else than this process uses a database user: open sessions, and logins between two looks.
 * @param lookMs how far apart the two looks are, in ms
 */
export async function findClients(session: Session, username: string, lookMs: number): Promise<Clients> {
  const [row] = await session.query("SELECT SUBSTRING_INDEX(USER(), '@', -1) AS host");
  const first = await lookAtLogins(session, username);
  await sleep(lookMs);
  return clientsBetween(first, await lookAtLogins(session, username), String(row?.['host']));
}

/**
 * The client hosts that two looks show. Who is refused, as far as the server tells, has nothing to lose. Pure.
 * @param own where this process connects from: the server's count of that host has our own logins in it
 */
export function clientsBetween(first: LoginLook, second: LoginLook, own: string): Clients {
  const hosts = new Set([first, second].flatMap(letIn).map(addressOf));
  const [before, after] = [first.counted?.byHost, second.counted?.byHost];
  for (const [host, total] of onlyRefused(first, second) ? [] : (after ?? []))
    if (host !== '' && addressOf(host) !== addressOf(own) && total > (before?.get(host) ?? 0))
      hosts.add(addressOf(host));
  const why =
    second.whySampled ??
    (after?.has('') === true ? 'its count of logins does not tell client hosts apart' : undefined);
  return { hosts: [...hosts], ...(why === undefined ? {} : { whyNoCounts: why }) };
}

/** Where the sessions come from that the server has let in. */
function letIn({ sessions, loggingIn }: LoginLook): string[] {
  return [...sessions].filter(([id]) => loggingIn?.has(id) !== true).map(([, host]) => host);
}

/**
 * Sorts client hosts: OpenEMR's pods, by their own address or by that of their node where the cluster translates it, and
 * others. Where not one host is a pod's, something else may stand between, and nothing can be said. Pure.
 */
export function strangersAmong(
  hosts: readonly string[],
  pods: readonly V1Pod[],
): { strangers: string[]; isKnown: boolean } {
  const addresses = new Set(
    pods.flatMap(({ status }) => [
      ...(status?.podIPs ?? []).map(({ ip }) => ip),
      ...(status?.podIP === undefined ? [] : [status.podIP]),
      ...(status?.hostIP === undefined ? [] : [status.hostIP]),
    ]),
  );
  const strangers = hosts.filter((host) => !addresses.has(host));
  return { strangers, isKnown: hosts.length === 0 || strangers.length < hosts.length };
}

/**
 * The address of a client host as the server names it. Where the server resolves names, one of the cloud or the cluster
 * begins with the address: ip-10-0-1-2.ec2.internal, 10-0-1-2.service.namespace.svc.cluster.local.
 */
function addressOf(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  const parts = /^(?:ip-)?(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:\.|$)/.exec(host);
  return parts ? parts.slice(1).join('.') : host.replace(/^::ffff:/, '');
}
