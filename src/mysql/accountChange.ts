import type { Session } from './database';
import { DatabaseFailure } from './databaseErrors';
import { errorNumber } from '../base/errors';
import { parseGrants } from './grants';
import { serverOf } from './server';
import { quoteIdentifier } from './sqlText';

/**
 * Runs a statement that changes an account. While one waits for a lock on the whole server (FLUSH TABLES WITH READ LOCK,
 * LOCK INSTANCE FOR BACKUP), MySQL may take no login of anybody, OpenEMR's neither, and it waits whatever
 * `lock_wait_timeout` says; to kill it then was seen to leave 8.0.12 deaf for good. MariaDB, in the last stage of a
 * backup, sets the password in memory and then says that it failed. So it is not begun while somebody holds such a lock.
 * @throws Failure that passes by itself while somebody does, `permission` when nobody can tell
 */
export async function changeAccount(
  session: Session,
  sql: string,
  values: readonly unknown[] = [],
): Promise<void> {
  await assertNoGlobalLock(session);
  await session.query(sql, values);
}

/**
 * A change of a table that does not exist waits for those locks, too, and is given up in time (serverOf sets for how
 * long); then it fails, and leaves nothing in the binary log. DELETE waits for the first of them alone, and only on
 * MySQL. Tried on MySQL 8.0.15 and MariaDB 10.11 with each lock held.
 */
const probes = [
  (table: string) => `ALTER TABLE ${table} COMMENT ''`,
  (table: string) => `DELETE FROM ${table} WHERE FALSE`,
];

/** No such table, no such schema: the server looks for them behind the locks. A right that is missing it sees before. */
const foundNothing = new Set([1146, 1049]);

/** The probe that this session may run. */
const knownProbes = new WeakMap<Session, string>();

async function assertNoGlobalLock(session: Session): Promise<void> {
  const { mariadb } = await serverOf(session);
  const known = knownProbes.get(session);
  if (known !== undefined && (await meetsNoLock(session, known))) return;
  const usable = mariadb ? probes.slice(0, 1) : probes;
  for await (const schema of schemasOf(session))
    for (const probe of usable) {
      const statement = probe(`${quoteIdentifier(schema)}.credential_rotation_probe`);
      if (!(await meetsNoLock(session, statement))) continue;
      knownProbes.set(session, statement);
      return;
    }
  throw cannotProbe();
}

function cannotProbe(): DatabaseFailure {
  return new DatabaseFailure(
    'admin-permission-missing',
    "The admin user may not change a table in any schema, so it cannot be seen whether a backup holds a lock on the server, behind which a change of a user would hold up logins; grant it ALL PRIVILEGES on OpenEMR's schema and run again.",
    { passes: false },
  );
}

/**
 * What {@link changeAccount} will be refused for whatever the schema, by the admin's own grants alone: nothing is sent that
 * could look like a change. A column's or a table's right is not looked at.
 * @param grants lines of SHOW GRANTS, roles included
 */
export function probeProblem(grants: readonly string[], mariadb: boolean): DatabaseFailure | undefined {
  const enough = mariadb ? ['ALL PRIVILEGES', 'ALTER'] : ['ALL PRIVILEGES', 'ALTER', 'DELETE'];
  const may = grants
    .flatMap(parseGrants)
    .some(
      (grant) => grant.kind === 'privilege' && grant.on.endsWith('.*') && enough.includes(grant.privilege),
    );
  return may ? undefined : cannotProbe();
}

/**
 * Whether a probe shows that no lock is in the way; false when it was refused before it could meet one.
 * @throws Failure that passes by itself while somebody holds such a lock
 */
async function meetsNoLock(session: Session, statement: string): Promise<boolean> {
  try {
    await session.query(statement);
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseFailure) || error.passes) throw error;
    return foundNothing.has(errorNumber(error.cause));
  }
}

/** How many schemas are tried at most. */
const mostSchemas = 50;

/** The schema that the login is for, else those that it may see, the server's own last. */
async function* schemasOf(session: Session): AsyncGenerator<string> {
  if (session.schema !== '') yield session.schema;
  const rows = await session.query(
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema') ORDER BY SCHEMA_NAME IN ('mysql', 'sys') LIMIT ?",
    [mostSchemas],
  );
  for (const { name } of rows) yield String(name);
}
