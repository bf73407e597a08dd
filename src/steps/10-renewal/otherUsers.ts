import { kubernetesSecretKeys } from '../../rotation/observation';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { Session } from '../../mysql/database';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { isRdsProxy } from '../../mysql/rdsProxy';
import type { Clients } from './otherClients';
import { findClients, strangersAmong } from './otherClients';
import type { SecretReader, SecretReaders } from './secretReaders';
import { findSecretReaders } from './secretReaders';

/** Who else uses a login whose password the rotation changes. Each is a sentence without its full stop. */
export interface OtherUsers {
  /** By name, with what to do. */
  named: string[];
  /** What cannot be seen. */
  unseen?: string;
}

/** How the search is done. */
export interface SearchRules {
  /** How long step 10 waits for others, in seconds. */
  idleLimitSeconds: number;
  /** How far apart the two looks at the database's clients are, in ms. */
  lookMs: number;
}

/** Users whose password changes although somebody may have it: the slot that is left, and the admin where OpenEMR was it. */
export function retiredUsers({ plan, material }: PlannedRotation): string[] {
  const left = material.before.sqlconf.username;
  const renewed = plan.renew === null ? [] : [material.logins[plan.renew].username];
  return [...new Set([...renewed, ...(plan.rotateAdmin && left === plan.adminUsername ? [left] : [])])];
}

/**
 * Looks who else than OpenEMR's Deployment has a login whose password changes. It only tells, and never throws: step 10
 * waits for each of them, seen or not.
 */
export async function findOtherUsers(
  planned: PlannedRotation,
  { kubernetes, session }: { kubernetes: Kubernetes; session: Session },
  rules: SearchRules,
): Promise<OtherUsers> {
  const users = retiredUsers(planned);
  const { sqlconf, kubernetesSecret } = planned.material.before;
  const readsRetired = users.includes(kubernetesSecret[kubernetesSecretKeys.username] ?? '');
  const isProxied = isRdsProxy(sqlconf.host);
  const [readers, pods, ...clients] = await Promise.all([
    readsRetired && planned.plan.deadSecret !== true ? findSecretReaders(kubernetes) : undefined,
    users.length === 0 || isProxied ? undefined : openemrPods(kubernetes),
    ...(isProxied ? [] : users).map(async (username) => ({
      username,
      clients: await findClients(session, username, rules.lookMs).catch((): Clients => ({
        hosts: [],
        whyNoCounts: 'the database did not tell',
      })),
    })),
  ]);
  const { namespace, secret } = kubernetes.target;
  const told = clients.map((each) => tellClients(each, pods, rules));
  const unseen = [
    ...(readers ? unseenReaders(readers, `${namespace}/${secret}`) : []),
    ...told.flatMap((each) => each.unseen),
  ];
  return {
    named: [
      ...(readers?.readers ?? []).map((reader) => readerNotice(reader, kubernetes.target, rules)),
      ...told.flatMap((each) => each.named),
    ],
    ...(unseen.length === 0 ? {} : { unseen: unseenNotice([...new Set(unseen)]) }),
  };
}

/** The pods of OpenEMR's Deployment; undefined where they cannot be listed. */
export async function openemrPods(kubernetes: Kubernetes): ReturnType<Kubernetes['pods']> {
  try {
    const { spec } = await kubernetes.deployment();
    return await kubernetes.pods(spec?.selector.matchLabels ?? {});
  } catch {
    return undefined;
  }
}

/** What becomes of somebody who keeps the old login. */
function consequence({ idleLimitSeconds }: SearchRules): string {
  return `while anybody uses the old login, step 10 waits up to ${idleLimitSeconds} s (--idle-limit) and then holds the rotation with exit 12; the next run finishes it`;
}

/** The sentence about one workload. Pure. */
export function readerNotice(
  { kind, name, by }: SecretReader,
  { namespace, secret }: { namespace: string; secret: string },
  rules: SearchRules,
): string {
  const reads = `${kind} ${namespace}/${name} also reads Secret ${namespace}/${secret}`;
  if (kind === 'Job')
    return `${reads}: it may keep the old login until it ends. Let it end before step 10: ${consequence(rules)}`;
  if (kind === 'CronJob')
    return `${reads}: a Job of it that starts before step 6 may keep the old login until it ends. Rotate while none is running: ${consequence(rules)}`;
  const keeps = by === 'variables' ? 'keep the old login' : 'may keep the old login';
  const restart = `kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`;
  return `${reads}: its pods ${keeps} until they restart. Restart them after step 6 (${restart}): ${consequence(rules)}`;
}

/** The sentences about the clients of one database user. Pure. */
export function tellClients(
  { username, clients }: { username: string; clients: Clients },
  pods: Awaited<ReturnType<Kubernetes['pods']>>,
  rules: SearchRules,
): { named: string[]; unseen: string[] } {
  const { hosts, whyNoCounts } = clients;
  const counts =
    whyNoCounts === undefined ? [] : [`short logins of ${username}, by client host (${whyNoCounts})`];
  if (pods === undefined)
    return {
      named: [],
      unseen: [`which clients of the database are OpenEMR's pods (no right to list pods)`, ...counts],
    };
  const { strangers, isKnown } = strangersAmong(hosts, pods);
  if (!isKnown)
    return {
      named: [],
      unseen: [
        `who is ${strangers.join(', ')}, logged in as ${username} (no address of OpenEMR's pods or nodes is among the clients)`,
        ...counts,
      ],
    };
  const named = strangers.map(
    (host) =>
      `${host} logs in to the database as ${username}, and is not one of OpenEMR's pods: give it a database user of its own, or the new login after step 5; ${consequence(rules)}`,
  );
  return { named, unseen: counts };
}

function unseenReaders({ denied, failed }: SecretReaders, secret: string): string[] {
  const what = `what else reads Secret ${secret}`;
  return [
    ...(denied.length === 0 ? [] : [`${what} (no right to list ${denied.join(', ')})`]),
    ...(failed.length === 0 ? [] : [`${what} (the API server did not list ${failed.join(', ')})`]),
  ];
}

function unseenNotice(unseen: readonly string[]): string {
  const rights = unseen.some((text) => text.includes('no right to'))
    ? '; infra/kubernetes/role-optional.yaml grants these rights'
    : '';
  return `Who else uses the old login was not fully checked: ${unseen.join('; ')}${rights}. Step 10 still waits for whoever does`;
}
