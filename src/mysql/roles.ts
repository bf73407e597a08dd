import { Failure } from '../base/failure';
import type { Session } from './database';
import { serverOf } from './server';
import { quoteIdentifier } from './sqlText';

/**
 * Makes the roles that were granted to the session's account count in this session, also those that are no default: the
 * rights of an admin often come by a role. MySQL takes all at once, MariaDB one, so there the only one that is granted.
 * A server without roles is left alone, and what is refused here is missed by the check of the rights.
 */
export async function activateRoles(session: Session): Promise<void> {
  const { mariadb, atLeast } = await serverOf(session);
  if (!mariadb) {
    if (atLeast(8, 0)) await ifAllowed(session.query('SET ROLE ALL'));
    return;
  }
  const [current] = await session.query('SELECT CURRENT_ROLE() AS roles');
  if ((current?.['roles'] ?? null) !== null) return;
  const [role, ...more] = await grantedRoles(session);
  if (role !== undefined && more.length === 0)
    await ifAllowed(session.query(`SET ROLE ${quoteIdentifier(role)}`));
}

/** The roles that the session's account has and does not use, for the advice to make one a default. */
export async function idleRoles(session: Session): Promise<string[]> {
  const { mariadb } = await serverOf(session);
  if (!mariadb) return [];
  const [current] = await session.query('SELECT CURRENT_ROLE() AS roles');
  return (current?.['roles'] ?? null) === null ? grantedRoles(session) : [];
}

/** mariadb.com/kb/en/information-schema-applicable_roles-table: those of others' roles have a role as grantee. */
async function grantedRoles(session: Session): Promise<string[]> {
  const rows = await session.query(
    "SELECT ROLE_NAME AS role FROM information_schema.APPLICABLE_ROLES WHERE GRANTEE LIKE '%@%'",
  );
  return rows.map((row) => String(row['role']));
}

async function ifAllowed(statement: Promise<unknown>): Promise<void> {
  await statement.catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
  });
}
