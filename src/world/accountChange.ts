import type { Session } from './database';
import { DatabaseFailure } from './databaseErrors';
import { serverOf } from './server';
import { quoteIdentifier } from './sqlText';

/**
 * Runs a statement that changes an account. While one waits for a global read lock (FLUSH TABLES WITH READ LOCK of a
 * backup), MySQL takes no login of anybody, OpenEMR's neither, whatever `lock_wait_timeout` says; and to kill it then
 * was seen to leave 8.0.12 deaf for good. So it is not begun while somebody holds that lock.
 * @throws Failure that passes by itself while somebody does
 */
export async function changeAccount(
  session: Session,
  sql: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const { mariadb } = await serverOf(session);
  if (!mariadb && session.schema !== '') await assertNoGlobalReadLock(session);
  await session.query(sql, values);
}

/** A write to a table that does not exist waits for that lock, too, for as long as `lock_wait_timeout` says. */
async function assertNoGlobalReadLock(session: Session): Promise<void> {
  try {
    await session.query(
      `DELETE FROM ${quoteIdentifier(session.schema)}.credential_rotation_probe WHERE FALSE`,
    );
  } catch (error) {
    // That there is no such table, or no right to it, is an answer: nothing held it up.
    if (!(error instanceof DatabaseFailure) || error.passes) throw error;
  }
}
