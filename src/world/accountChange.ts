import type { Session } from './database';
import { serverOf } from './server';

/** How long a change of an account may wait for a lock, in ms. */
const patienceMs = 3000;

/**
 * Runs a statement that changes an account. While one waits for a lock (`FLUSH TABLES WITH READ LOCK` of a backup),
 * MySQL takes no login of anybody, OpenEMR's neither, and knows no time limit for it. So it waits for a short time
 * only, and is then ended from a second session, which must be open before.
 * @throws Failure that passes by itself when it was ended
 */
export async function changeAccount(
  session: Session,
  sql: string,
  values: readonly unknown[] = [],
): Promise<void> {
  await serverOf(session);
  const [row] = await session.query('SELECT CONNECTION_ID() AS id');
  const guard = await session.sibling();
  const ended = { byUs: Promise.resolve() };
  const timer = setTimeout(() => {
    ended.byUs = guard.query(`KILL QUERY ${Number(row?.['id'])}`).then(
      () => undefined,
      () => undefined,
    );
  }, patienceMs);
  try {
    await session.query(sql, values);
  } finally {
    clearTimeout(timer);
    await ended.byUs;
    await guard.close();
  }
}
