import { Failure } from '../base/failure';
import type { Session } from './database';
import type { SchemaNames } from './grants';

/** Product and version of the server behind a session; statements differ in few places. */
export interface Server {
  mariadb: boolean;
  /** True from this version on. */
  atLeast: (major: number, minor: number, patch?: number) => boolean;
  /** Of what kind of group of writers it is a node; undefined where it is none. */
  group: 'Galera' | 'group replication' | undefined;
  /** How this server reads the schema name of a grant. */
  schemaNames: SchemaNames;
  /** A schema's name as this server keeps it: in small letters where `lower_case_table_names` is not 0. */
  schemaName: (name: string) => string;
}

const servers = new WeakMap<Session, Promise<Server>>();

/**
 * The server behind a session. The first call sets what the statements of this program count on: mysql2 escapes
 * with backslashes, SHOW GRANTS is read with backticks, and the server itself gives up what a lock holds up.
 */
export function serverOf(session: Session): Promise<Server> {
  const known = servers.get(session) ?? readServer(session);
  servers.set(session, known);
  return known;
}

async function readServer(session: Session): Promise<Server> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'partial_revokes', 'lower_case_table_names', 'wsrep_on', 'group_replication_group_name')",
  );
  const values = new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
  const version = values.get('version') ?? '';
  const mariadb = version.includes('MariaDB');
  // Without NO_AUTO_CREATE_USER a GRANT of MariaDB to an account that is gone would make it anew.
  const mode = `STRICT_TRANS_TABLES${mariadb ? ',NO_AUTO_CREATE_USER' : ''}`;
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-/, '')) ?? [];
  const own = found.slice(1).map(Number);
  const atLeast: Server['atLeast'] = (...wanted) => {
    const at = wanted.findIndex((part, index) => part !== own[index]);
    return at < 0 || (own[at] ?? 0) > (wanted[at] ?? 0);
  };
  const forSelects = atLeast(5, 7, 8) ? ', SESSION max_execution_time = 0' : '';
  const limit = mariadb ? 'max_statement_time = 10' : `lock_wait_timeout = 3${forSelects}`;
  await session.query(
    `SET SESSION sql_mode = '${mode}', SESSION sql_quote_show_create = 1, SESSION ${limit}`,
  );
  const folds = ['1', '2'].includes(values.get('lower_case_table_names') ?? '0');
  return {
    mariadb,
    group: groupOf(values),
    schemaNames: values.get('partial_revokes') === 'ON' ? 'literal' : 'pattern',
    schemaName: (name) => (folds ? name.toLowerCase() : name),
    atLeast,
  };
}

/** mariadb.com/kb/en/galera-cluster-system-variables; dev.mysql.com/doc/refman/8.4/en/group-replication-options.html */
function groupOf(values: ReadonlyMap<string, string>): Server['group'] {
  if (values.get('wsrep_on') === 'ON') return 'Galera';
  return (values.get('group_replication_group_name') ?? '') === '' ? undefined : 'group replication';
}

/** True for a server that takes no writes: a reader endpoint, or a writer in the middle of a failover. */
export async function isReadOnly(session: Session): Promise<boolean> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'innodb_read_only', 'super_read_only')",
  );
  return rows.some((row) => isOn(row['Value']));
}

/** Whether a variable of the server that is a switch is on: a number, or a word. */
export function isOn(value: unknown): boolean {
  return typeof value === 'number' ? value !== 0 : typeof value === 'string' && !['0', 'OFF'].includes(value);
}

/** The failure of a server that takes no writes, before anything is changed. @param which the server, as the begin of a sentence */
export function readOnlyFailure(which: string): Failure {
  return new Failure(
    'database-reader-endpoint',
    `${which} is read-only: a reader endpoint, or a writer in a failover; name the writer endpoint, or wait and run again.`,
  );
}

/** What tells one server from another; a MariaDB has no identifier of its own, so its place must do. */
export async function identityOf(session: Session): Promise<string> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'hostname', 'port', 'server_id')",
  );
  const values = new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
  const place = ['hostname', 'port', 'server_id'].map((name) => values.get(name)).join(' ');
  return values.get('server_uuid') ?? place;
}
