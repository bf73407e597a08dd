import { createHash } from 'node:crypto';
import { Failure } from '../failure';
import type { Session } from './database';

/** Tells provider processes which connection holds the lock: `name:connection id`. */
export const lockVariable = 'CREDENTIAL_ROTATION_LOCK';

/** A MySQL named lock held by the command's own connection; it dies with the process. */
export interface HeldLock {
  name: string;
  connectionId: number;
}

/** The name of the lock of one slot secret; MySQL allows 64 characters. */
export function lockName(slotSecretArn: string): string {
  return `credential-rotation:${createHash('sha256').update(slotSecretArn).digest('hex').slice(0, 40)}`;
}

/**
 * Takes the lock without waiting. MySQL answers 0, not an error, when somebody else holds it.
 * @throws Failure `locked` naming the holder's host where it can be seen.
 */
export async function takeLock(session: Session, name: string): Promise<HeldLock> {
  const [row] = await session.query('SELECT GET_LOCK(?, 0) AS taken, CONNECTION_ID() AS id', [name]);
  if (Number(row?.['taken']) !== 1)
    throw new Failure(
      'locked',
      `Another rotation is running${await holderText(session, name)}; wait until it ends and run again.`,
    );
  return { name, connectionId: Number(row?.['id']) };
}

/** Who holds the lock, as ` (host …, since … s)`, or an empty string when it is free or not visible. */
export async function holderText(session: Session, name: string): Promise<string> {
  const [row] = await session.query('SELECT IS_USED_LOCK(?) AS id', [name]);
  const id = row?.['id'];
  if (id === null || id === undefined) return '';
  const [process] = await session.query(
    'SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE ID = ?',
    [id],
  );
  return process === undefined
    ? ` (connection ${Number(id)})`
    : ` (from ${String(process['host'])}, connection ${Number(id)})`;
}

/**
 * Checks before a write that the run still holds its lock. Without the variable (raw CLI) there is nothing to check.
 * @throws Failure `locked` when the lock is gone.
 */
export async function assertLockHeld(session: Session): Promise<void> {
  const value = process.env[lockVariable];
  if (value === undefined || value === '') return;
  const at = value.lastIndexOf(':');
  const [row] = await session.query('SELECT IS_USED_LOCK(?) AS id', [value.slice(0, at)]);
  if (Number(row?.['id'] ?? 0) === Number(value.slice(at + 1))) return;
  throw new Failure(
    'locked',
    'This run lost its lock (its database connection was dropped); nothing more was written. Run again to finish.',
  );
}
