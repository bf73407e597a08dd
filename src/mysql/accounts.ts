import { Failure } from '../base/failure';
import { changeAccount } from './accountChange';
import type { Session } from './database';
import { expectLogin } from './database';
import type { Grant } from './grants';
import { parseGrants } from './grants';
import type { PasswordRules } from './passwordRules';
import { ruleColumns, rulesOf } from './passwordRules';
import type { Limits, Requirement } from './requirements';
import { limitsOf, requirementOf } from './requirements';
import { serverOf } from './server';
import { quoteAccount, quoteIdentifier } from './sqlText';

/** A database account by its name. */
export interface AccountName {
  username: string;
  host: string;
}

/** A database account as the server knows it. */
export interface Account extends AccountName {
  /** Authentication plugin, e.g. `caching_sha2_password`. */
  plugin: string;
  requirement: Requirement;
  limits: Limits;
  passwordRules: PasswordRules;
  locked: boolean;
  expired: boolean;
}

/** What an account may do. */
export interface Rights {
  grants: Grant[];
  /** Roles that are active after a login, as statements take them. */
  defaultRoles: string[];
}

const columns =
  'u.Host AS host, u.plugin, u.ssl_type, CAST(u.ssl_cipher AS CHAR) AS ssl_cipher, CAST(u.x509_issuer AS CHAR) AS x509_issuer, ' +
  'CAST(u.x509_subject AS CHAR) AS x509_subject, u.max_questions, u.max_updates, u.max_connections, u.max_user_connections, u.password_expired';

/** All accounts of that user name, one for each host. */
export async function accountsNamed(session: Session, username: string): Promise<Account[]> {
  const server = await serverOf(session);
  const { mariadb, atLeast } = server;
  const lockColumn = !mariadb
    ? 'u.account_locked'
    : atLeast(10, 4)
      ? "JSON_VALUE(g.Priv, '$.account_locked')"
      : "'N'";
  const join = mariadb && atLeast(10, 4) ? ' JOIN mysql.global_priv g USING (Host, User)' : '';
  const only = mariadb ? " AND u.is_role = 'N'" : '';
  const rows = await session.query(
    `SELECT ${[columns, `${lockColumn} AS locked`, ...ruleColumns(server)].join(', ')}${mariadb ? ', u.max_statement_time' : ''} FROM mysql.user u${join} WHERE u.User = ?${only}`,
    [username],
  );
  return rows.map((row) => ({
    username,
    host: String(row['host']),
    plugin: String(row['plugin']),
    requirement: requirementOf(row),
    limits: limitsOf(row),
    passwordRules: rulesOf(row),
    locked: ['Y', '1', 'true'].includes(String(row['locked'])),
    expired: row['password_expired'] === 'Y',
  }));
}

/**
 * The one account of that user name, or undefined when there is none.
 * @throws Failure `configuration` when the name exists under several hosts: which one OpenEMR uses is not known.
 */
export async function findAccount(session: Session, username: string): Promise<Account | undefined> {
  const accounts = await accountsNamed(session, username);
  if (accounts.length > 1) throw new Failure('account-ambiguous', severalHosts(accounts));
  return accounts[0];
}

/** Says that a name exists under several hosts, and how to fix it. */
export function severalHosts(accounts: readonly AccountName[]): string {
  const hosts = accounts.map(({ host }) => host).join(', ');
  const drops = accounts.map((account) => `DROP USER ${quoteAccount(account)}`).join(' or ');
  return `The database user ${accounts[0]?.username} exists under several hosts (${hosts}); drop all but the one that OpenEMR uses: ${drops}.`;
}

/** The account that the session itself is logged in as. */
export async function ownAccount(session: Session): Promise<AccountName> {
  const [row] = await session.query('SELECT CURRENT_USER() AS account');
  const account = String(row?.['account']);
  const at = account.lastIndexOf('@');
  return { username: account.slice(0, at), host: account.slice(at + 1) };
}

/** Makes an account. `clauses` is what comes after the password: `REQUIRE …`, `WITH …`. */
export async function createAccount(
  session: Session,
  { username, host, plugin }: AccountName & { plugin?: string },
  clauses: string,
  password: string,
): Promise<void> {
  const method = plugin === undefined ? '' : ` WITH ${quoteIdentifier(plugin)}`;
  // The names are values, too: a question mark in one would be taken for the password's place.
  await changeAccount(session, `CREATE USER ?@? IDENTIFIED${method} BY ? ${clauses}`, [
    username,
    host,
    password,
  ]);
  expectLogin({ username, password });
}

/** Sets only the password of an existing account; its other attributes stay. */
export async function alterPassword(
  session: Session,
  account: AccountName,
  password: string,
  { retainCurrent = false } = {},
): Promise<void> {
  const retain = retainCurrent ? ' RETAIN CURRENT PASSWORD' : '';
  await changeAccount(session, `ALTER USER ?@? IDENTIFIED BY ?${retain}`, [
    account.username,
    account.host,
    password,
  ]);
  expectLogin({ username: account.username, password });
}

/** What an account may do, by SHOW GRANTS and by its default roles. */
export async function rightsOf(session: Session, { username, host }: AccountName): Promise<Rights> {
  const { mariadb } = await serverOf(session);
  const lines = await session.query('SHOW GRANTS FOR ?@?', [username, host]);
  const roles = await session.query(
    mariadb
      ? "SELECT default_role AS role FROM mysql.user WHERE User = ? AND Host = ? AND default_role <> ''"
      : 'SELECT DEFAULT_ROLE_USER AS role, DEFAULT_ROLE_HOST AS host FROM mysql.default_roles WHERE USER = ? AND HOST = ?',
    [username, host],
  );
  return {
    grants: lines.flatMap((line) => parseGrants(String(Object.values(line)[0]))),
    defaultRoles: roles.map((row) =>
      mariadb
        ? quoteIdentifier(String(row['role']))
        : quoteAccount({ username: String(row['role']), host: String(row['host']) }),
    ),
  };
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
