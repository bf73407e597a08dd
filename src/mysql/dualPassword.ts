import { changeAccount } from './accountChange';
import type { AccountName } from './accounts';
import { alterPassword } from './accounts';
import type { Session } from './database';
import { errorNumber } from '../base/errors';
import { serverOf } from './server';

/**
 * Refusals of a second password for this account: no right to it (1227), an empty password (3878), a change of plugin
 * (3894), a password that cannot be retained (3895), and a server that does not know the clause (1064).
 * dev.mysql.com/doc/refman/8.0/en/alter-user.html, "Dual Password Clauses"
 */
const refusals = new Set([1064, 1227, 3878, 3894, 3895]);

/** True where a user can have two passwords: MySQL from 8.0.14 on. */
export async function knowsTwoPasswords(session: Session): Promise<boolean> {
  const { mariadb, atLeast } = await serverOf(session);
  return !mariadb && atLeast(8, 0, 14);
}

/**
 * Sets a password; the one before works until {@link discardOldPassword}, if the server allows it. Where it does not,
 * the password is set alone.
 */
export async function setRetaining(session: Session, account: AccountName, password: string): Promise<void> {
  if (!(await setKeeping(session, account, password))) await alterPassword(session, account, password);
}

/**
 * Sets a password; the one before stays valid beside it.
 * @returns false when the server does not allow that, and then nothing was changed
 */
export async function setKeeping(session: Session, account: AccountName, password: string): Promise<boolean> {
  if (!(await knowsTwoPasswords(session))) return false;
  try {
    await alterPassword(session, account, password, { retainCurrent: true });
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}

/** Ends the older of an account's two passwords; only after {@link hasSecondPassword}, by a guarded write. */
export async function discardOldPassword(session: Session, account: AccountName): Promise<void> {
  try {
    await changeAccount(session, 'ALTER USER ?@? DISCARD OLD PASSWORD', [account.username, account.host]);
  } catch (error) {
    // Who may not retain a password may not discard one either: this one is somebody else's.
    if (!isRefusal(error)) throw error;
  }
}

/** Whether the server accepts two passwords of an account. */
export async function hasSecondPassword(session: Session, { username, host }: AccountName): Promise<boolean> {
  if (!(await knowsTwoPasswords(session))) return false;
  const [row] = await session.query(
    "SELECT JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password') AS second FROM mysql.user WHERE User = ? AND Host = ?",
    [username, host],
  );
  return Number(row?.['second'] ?? 0) === 1;
}

/** Those of the users of whom the server accepts two passwords, under whatever host. */
export async function withSecondPassword(session: Session, usernames: readonly string[]): Promise<string[]> {
  if (usernames.length === 0 || !(await knowsTwoPasswords(session))) return [];
  const rows = await session.query(
    `SELECT DISTINCT User AS username FROM mysql.user WHERE User IN (${usernames.map(() => '?').join(', ')}) AND JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password')`,
    usernames,
  );
  return rows.map((row) => String(row['username']));
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && refusals.has(errorNumber(error.cause));
}
