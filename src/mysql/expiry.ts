import type { AccountName } from './accounts';
import { DatabaseFailure } from './databaseErrors';
import type { Session } from './database';
import { serverOf } from './server';

/** How the password of an account ages, in whole days. */
export interface Expiry {
  lifetime: number;
  /** Since it was set. */
  age: number;
}

const since = {
  mysql: 'TIMESTAMPDIFF(DAY, password_last_changed, NOW()) AS age FROM mysql.user',
  mariadb:
    "TIMESTAMPDIFF(DAY, FROM_UNIXTIME(JSON_VALUE(Priv, '$.password_last_changed')), NOW()) AS age FROM mysql.global_priv",
};

/**
 * How long the password of an account lasts; undefined where it never expires, or where that cannot be read.
 *
 * - dev.mysql.com/doc/refman/8.4/en/password-management.html, "Password Expiration Policy"
 * - mariadb.com/kb/en/user-password-expiry
 *
 * @param rule days until it expires, 0 for never; undefined is the server's default
 */
export async function expiryOf(
  session: Session,
  { username, host }: AccountName,
  rule: number | undefined,
): Promise<Expiry | undefined> {
  const { mariadb, atLeast } = await serverOf(session);
  if (!(mariadb ? atLeast(10, 4, 3) : atLeast(5, 7, 4))) return undefined;
  const ofAccount = `${since[mariadb ? 'mariadb' : 'mysql']} WHERE User = ? AND Host = ?`;
  try {
    const [row] = await session.query(`SELECT @@global.default_password_lifetime AS usual, ${ofAccount}`, [
      username,
      host,
    ]);
    if (row === undefined || row['age'] === null || row['age'] === undefined) return undefined;
    const lifetime = rule ?? Number(row['usual'] ?? 0);
    return lifetime > 0 ? { lifetime, age: Number(row['age']) } : undefined;
  } catch (error) {
    if (error instanceof DatabaseFailure) return undefined;
    throw error;
  }
}

/**
 * Whether the password of a slot may expire while OpenEMR uses it: a slot waits for one rotation, and is in use until the
 * next, so that its password becomes twice as old as it is at the switch. One that has expired already is set again.
 */
export function mayExpireInUse({ lifetime, age }: Expiry): boolean {
  return age < lifetime && 2 * age >= lifetime;
}
