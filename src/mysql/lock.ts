import { createHash } from 'node:crypto';
import { Failure } from '../base/failure';
import type { Session } from './database';
import { isOn } from './server';
import type { Kubernetes } from '../kubernetes/kubernetes';

/** MySQL named locks on one connection: those that other runs want, too, and one that only this run knows. */
export interface LockNames {
  /** In the order in which every run takes them. */
  shared: readonly string[];
  /** Says whose connection holds the shared ones, also after that connection had to be opened anew. */
  own: string;
}

/** Who holds the lock, as far as the server shows it. */
export interface LockHolder {
  connectionId: number;
  /** `user@host:port` of the connection; undefined without the right to see it. */
  client: string | undefined;
  /** Seconds since that connection's last statement. */
  idleSeconds: number | undefined;
}

/**
 * How long after the last proof that it was held a lock may be taken again, in ms. A run that was paused for longer may
 * have missed another run that came and went. `unlock` keeps the lock longer than this from a run that it ended.
 */
export const retakeWithinMs = 30_000;

/** How old an answer about the lock may be when something is written on the strength of it, in ms. */
export const freshMs = 5000;

/** What says for sure that no lock of a Deployment can be taken. */
const surelyNone = new Set<string>(['kubernetes-object-missing', 'kubernetes-permission-missing']);

/** MySQL allows 64 characters. */
function nameOf(what: string, key: string): string {
  return `${what}:${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** The name of the lock of one slot secret. */
export function lockName(slotSecretArn: string): string {
  return `credential-rotation:${createHash('sha256').update(slotSecretArn).digest('hex').slice(0, 40)}`;
}

/**
 * The name of the lock of one Deployment: two sites of one OpenEMR have two slot secrets, and restart the same pods.
 * @param uid of the Deployment, which no other one has in any cluster
 */
export function deploymentLockName(uid: string): string {
  return nameOf('credential-rotation-deployment', uid);
}

/** The name of the lock of one admin secret, which several OpenEMRs may share. */
export function adminLockName(adminSecretArn: string): string {
  return nameOf('credential-rotation-admin', adminSecretArn);
}

/**
 * The locks that a run holds from its begin to its end, in the order in which every run takes them. A Deployment that
 * is not there, or may not be read, has none: the preflight says what is wrong with it.
 * @param whatever true for who only looks: then one that cannot be read now has none either
 * @throws Failure where the API server does not say now whether there is one: another run may hold its lock
 */
export async function runLockNames(
  slotSecretArn: string,
  kubernetes: Kubernetes,
  whatever = false,
): Promise<string[]> {
  const uid = await kubernetes.deployment().then(
    ({ metadata }) => metadata?.uid,
    (error: unknown) => {
      const isSure = error instanceof Failure && surelyNone.has(error.code);
      if (!whatever && !isSure) throw error;
      return undefined;
    },
  );
  const slot = lockName(slotSecretArn);
  return uid === undefined || uid === '' ? [slot] : [slot, deploymentLockName(uid)];
}

/**
 * Takes all locks without waiting. MySQL answers 0, not an error, when somebody else holds one.
 * @returns undefined when they are taken, else who holds the first that is not free; none is kept then
 */
export async function tryLock(session: Session, { shared, own }: LockNames): Promise<LockHolder | undefined> {
  // The own one first: who sees a shared one held and the own one not knows that it is somebody else's.
  const taken = [own];
  await session.query('SELECT GET_LOCK(?, 0) AS taken', [own]);
  for (const name of shared) {
    const [row] = await session.query('SELECT GET_LOCK(?, 0) AS taken', [name]);
    if (Number(row?.['taken']) === 1) {
      taken.push(name);
      continue;
    }
    for (const each of taken) await session.query('SELECT RELEASE_LOCK(?)', [each]);
    const unseen = { connectionId: 0, client: undefined, idleSeconds: undefined };
    return (await lockHolder(session, name)) ?? unseen;
  }
  return undefined;
}

/** The first of these locks that somebody holds, and who. */
export async function firstHeld(
  session: Session,
  names: readonly string[],
): Promise<{ name: string; holder: LockHolder } | undefined> {
  for (const name of names) {
    const holder = await lockHolder(session, name);
    if (holder) return { name, holder };
  }
  return undefined;
}

/** The connection that holds a lock, or undefined when it is free. */
export async function lockHolder(session: Session, name: string): Promise<LockHolder | undefined> {
  const [row] = await session.query('SELECT IS_USED_LOCK(?) AS id', [name]);
  const id = row?.['id'];
  if (id === null || id === undefined) return undefined;
  const [process] = await session.query(
    'SELECT USER AS user, HOST AS host, TIME AS time FROM information_schema.PROCESSLIST WHERE ID = ?',
    [id],
  );
  const client = process === undefined ? undefined : `${String(process['user'])}@${String(process['host'])}`;
  const idleSeconds = process === undefined ? undefined : Number(process['time']);
  return { connectionId: Number(id), client, idleSeconds };
}

/** A holder for a message: ` (from …, connection …)`, or an empty string when nobody holds the lock. */
export function holderText(holder: LockHolder | undefined): string {
  if (holder === undefined) return '';
  const { client, connectionId } = holder;
  return client === undefined
    ? ` (connection ${connectionId})`
    : ` (from ${client}, connection ${connectionId})`;
}

/** Tells who is in the way. */
export function lockedFailure(holder: LockHolder | undefined): Failure {
  return new Failure(
    'lock-held',
    `Another rotation is running${holderText(holder)}; wait until it ends and run again. ` +
      'credential-rotation unlock shows the holder, and ends one that hangs.',
  );
}

/** What a provider says when the run has lost its lock. */
export function lostLock(): Failure {
  return new Failure(
    'lock-lost',
    'This run lost its lock (its database connection was dropped, and another run may have begun); nothing more was written. Run again to finish.',
  );
}

/**
 * `free`: a shared lock is held by nobody, and none by somebody else, so the run may take it again. `lost`: somebody else
 * has one. `elsewhere`: this server takes no writes, so it is the writer no more, and others take their locks at another.
 */
export async function lockState(
  session: Session,
  { shared, own }: LockNames,
): Promise<'held' | 'free' | 'lost' | 'elsewhere'> {
  const columns = shared.map((_, index) => `IS_USED_LOCK(?) AS holder${index}`);
  const [row] = await session.query(
    `SELECT ${columns.join(', ')}, IS_USED_LOCK(?) AS own, @@global.read_only AS readOnly, @@global.innodb_read_only AS readOnlyTables`,
    [...shared, own],
  );
  if ([row?.['readOnly'], row?.['readOnlyTables']].some(isOn)) return 'elsewhere';
  const holders = shared.map((_, index) => row?.[`holder${index}`] ?? undefined);
  const held = holders.filter((holder) => holder !== undefined);
  if (held.some((holder) => Number(holder) !== Number(row?.['own'] ?? 0))) return 'lost';
  return held.length === shared.length ? 'held' : 'free';
}
