import { Failure } from '../failure';
import type { Session } from './database';

/** A database account as the server knows it. */
export interface Account {
  username: string;
  host: string;
  /** Authentication plugin, e.g. `caching_sha2_password`. */
  plugin: string;
}

/** The server's product; statements differ in few places. */
export async function isMariaDb(session: Session): Promise<boolean> {
  const [row] = await session.query('SELECT VERSION() AS version');
  return String(row?.['version']).includes('MariaDB');
}

/**
 * The one account of that user name, or undefined when there is none.
 * @throws Failure `before-switch` when the name exists under several hosts: which one OpenEMR uses is not known.
 */
export async function findAccount(session: Session, username: string): Promise<Account | undefined> {
  const rows = await session.query(
    'SELECT User AS user, Host AS host, plugin FROM mysql.user WHERE User = ?',
    [username],
  );
  const hosts = rows.map((row) => String(row['host']));
  if (hosts.length > 1) {
    throw new Failure(
      'before-switch',
      `The database user ${username} exists under several hosts (${hosts.join(', ')}); drop all but the one that OpenEMR uses.`,
    );
  }
  const [row] = rows;
  return row === undefined
    ? undefined
    : { username, host: String(row['host']), plugin: String(row['plugin']) };
}

/** Creates an account that must use TLS. */
export async function createAccount(
  session: Session,
  account: { username: string; host: string; plugin?: string },
  password: string,
): Promise<void> {
  await assertBackslashEscapes(session);
  const { username, host, plugin } = account;
  const identified =
    plugin === undefined ? 'IDENTIFIED BY ?' : `IDENTIFIED WITH ${quoteIdentifier(plugin)} BY ?`;
  await session.query(`CREATE USER ?@? ${identified} REQUIRE SSL`, [username, host, password]);
}

/** Sets only the password of an existing account; its other attributes stay. */
export async function alterPassword(
  session: Session,
  account: { username: string; host: string },
  password: string,
): Promise<void> {
  await assertBackslashEscapes(session);
  await session.query('ALTER USER ?@? IDENTIFIED BY ?', [account.username, account.host, password]);
}

/** mysql2 escapes with backslashes, which the server must read as such. */
async function assertBackslashEscapes(session: Session): Promise<void> {
  const [row] = await session.query('SELECT @@SESSION.sql_mode AS mode');
  if (!String(row?.['mode']).includes('NO_BACKSLASH_ESCAPES')) return;
  await session.query("SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')");
}

/**
 * What an account may do, as the part of SHOW GRANTS between GRANT and TO, sorted; password hashes and the
 * TLS requirement that old servers append are not part of it.
 */
export async function grantsOf(
  session: Session,
  account: { username: string; host: string },
): Promise<string[]> {
  const rows = await session.query('SHOW GRANTS FOR ?@?', [account.username, account.host]);
  const lines = rows.map((row) => String(Object.values(row)[0]));
  return lines
    .map(grantedPart)
    .filter((part) => part !== undefined)
    .sort();
}

/**
 * What the session itself may do, as SHOW GRANTS lines, those of its active roles included: the master user of RDS
 * for MySQL 8.0.36 and later has most of its rights by a role.
 */
export async function ownGrants(session: Session): Promise<string[]> {
  const [row] = await session.query('SELECT CURRENT_ROLE() AS roles');
  const roles = row?.['roles'];
  // MySQL answers NONE or quoted names; MariaDB's SHOW GRANTS has the current role's rights by itself.
  const using =
    typeof roles === 'string' && roles.startsWith('`') ? ` FOR CURRENT_USER() USING ${roles}` : '';
  const rows = await session.query(`SHOW GRANTS${using}`);
  return rows.map((each) => String(Object.values(each)[0]));
}

/** `GRANT x ON y TO z …` → `x ON y`, with ` WITH GRANT OPTION` kept; undefined for USAGE. */
export function grantedPart(line: string): string | undefined {
  const found = /^GRANT ((?:`(?:[^`]|``)*`|'(?:[^'\\]|\\.)*'|[^`'])+?) TO (?=[`'"])/s.exec(line);
  const part = found?.[1];
  if (found === null || part === undefined || part.startsWith('USAGE ON') || part.startsWith('PROXY ON'))
    return undefined;
  const after = line.slice(found[0].length).replace(/`(?:[^`]|``)*`|'[^']*'/g, '');
  return after.includes(' WITH GRANT OPTION') ? `${part} WITH GRANT OPTION` : part;
}

/** Gives an account the grants of another that it lacks. Returns what was added. */
export async function copyGrants(
  session: Session,
  from: { username: string; host: string },
  to: { username: string; host: string },
): Promise<string[]> {
  const [wanted, present] = [await grantsOf(session, from), await grantsOf(session, to)];
  const missing = wanted.filter((part) => !present.includes(part));
  for (const part of missing) {
    const option = part.endsWith(' WITH GRANT OPTION') ? ' WITH GRANT OPTION' : '';
    const what = option === '' ? part : part.slice(0, -option.length);
    if (what.includes('?')) {
      throw new Failure(
        'before-switch',
        `The grant "${what}" of ${from.username} has a question mark in a name and cannot be copied; grant it to ${to.username} by hand.`,
      );
    }
    await session.query(`GRANT ${what} TO ?@?${option}`, [to.username, to.host]);
  }
  return missing;
}

/** Gives an account all rights on one schema, and nothing else. */
export async function grantSchema(
  session: Session,
  account: { username: string; host: string },
  schema: string,
): Promise<void> {
  // In a grant, _ and % of a schema name are wildcards unless escaped.
  const literal = schema.replace(/[\\_%]/g, (char) => `\\${char}`);
  await session.query(`GRANT ALL PRIVILEGES ON ${quoteIdentifier(literal)}.* TO ?@?`, [
    account.username,
    account.host,
  ]);
}

/** Sessions of a user by client host, without port. Needs PROCESS. */
export async function sessionsOf(session: Session, username: string): Promise<Map<string, number>> {
  const rows = await session.query(
    'SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE USER = ? AND ID <> CONNECTION_ID()',
    [username],
  );
  const hosts = new Map<string, number>();
  for (const row of rows) {
    const host = String(row['host']).replace(/:\d+$/, '');
    hosts.set(host, (hosts.get(host) ?? 0) + 1);
  }
  return hosts;
}

function quoteIdentifier(name: string): string {
  return '`' + name.replaceAll('`', '``') + '`';
}
