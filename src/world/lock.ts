import { createHash } from 'node:crypto';
import { Failure } from '../failure';
import type { Session } from './database';
import { sleep } from './errors';

/** Tells provider processes which locks this run holds: `<name of the lock> <name of this run's own lock>`. */
export const lockVariable = 'CREDENTIAL_ROTATION_LOCK';

/** Two MySQL named locks on one connection: the one that all runs want, and one that only this run knows. */
export interface LockNames {
  shared: string;
  /** Says whose connection holds the shared one, also after that connection had to be opened anew. */
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

/** How long a provider waits for the command to take the lock again after a dropped connection, in ms. */
const retakeLimitMs = 20_000;
const retakePollMs = 250;

/** How old an answer about the lock may be when something is written on the strength of it, in ms. */
export const freshMs = 5000;

/** The name of the lock of one slot secret; MySQL allows 64 characters. */
export function lockName(slotSecretArn: string): string {
  return `credential-rotation:${createHash('sha256').update(slotSecretArn).digest('hex').slice(0, 40)}`;
}

/**
 * Takes both locks without waiting. MySQL answers 0, not an error, when somebody else holds one.
 * @returns undefined when they are taken, else who holds the shared one
 */
export async function tryLock(session: Session, { shared, own }: LockNames): Promise<LockHolder | undefined> {
  // The own one first: who sees the shared one held and the own one not knows that it is somebody else's.
  await session.query('SELECT GET_LOCK(?, 0) AS taken', [own]);
  const [row] = await session.query('SELECT GET_LOCK(?, 0) AS taken', [shared]);
  if (Number(row?.['taken']) === 1) return undefined;
  await session.query('SELECT RELEASE_LOCK(?)', [own]);
  return (
    (await lockHolder(session, shared)) ?? { connectionId: 0, client: undefined, idleSeconds: undefined }
  );
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
    'locked',
    `Another rotation is running${holderText(holder)}; wait until it ends and run again. ` +
      'credential-rotation unlock shows the holder, and ends one that hangs.',
  );
}

/** What a provider says when the run has lost its lock. */
export function lostLock(): Failure {
  return new Failure(
    'locked',
    'This run lost its lock (its database connection was dropped, and another run may have begun); nothing more was written. Run again to finish.',
  );
}

/**
 * Checks before a write that the run still holds its lock. After a failover the command takes it again on a new
 * connection; this waits for that, at most 20 s. Without the variable (raw CLI) there is nothing to check.
 * @throws Failure `locked` when the lock is gone.
 */
export async function assertLockHeld(session: Session): Promise<void> {
  const names = namesFromEnvironment();
  if (names === undefined) return;
  const until = performance.now() + retakeLimitMs;
  for (;;) {
    const asked = performance.now();
    const state = await lockState(session, names);
    // A process that was stopped (SIGSTOP) after the answer came must not go by it.
    const isFresh = performance.now() - asked < freshMs;
    if (state === 'held' && isFresh) return;
    if (state === 'lost' || performance.now() > until) throw lostLock();
    await sleep(retakePollMs);
  }
}

/** `free`: nobody holds the shared lock, so the run may take it again. `lost`: somebody else has it. */
export async function lockState(
  session: Session,
  { shared, own }: LockNames,
): Promise<'held' | 'free' | 'lost'> {
  const [row] = await session.query('SELECT IS_USED_LOCK(?) AS holder, IS_USED_LOCK(?) AS own', [
    shared,
    own,
  ]);
  const holder = row?.['holder'];
  if (holder === null || holder === undefined) return 'free';
  return Number(holder) === Number(row?.['own'] ?? 0) ? 'held' : 'lost';
}

function namesFromEnvironment(): LockNames | undefined {
  const [shared, own] = (process.env[lockVariable] ?? '').split(' ');
  return shared === undefined || shared === '' || own === undefined ? undefined : { shared, own };
}
