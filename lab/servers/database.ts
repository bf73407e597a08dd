import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createConnection, createPool } from 'mysql2/promise';
import type { ToolPaths } from '../setup/tools.js';
import { initialiseMariadb, mariadbCommand } from './mariadb';
import { initialiseMysql, mysqlCommand } from './mysql';
import type { Certificates } from './certificates';
import { freePort } from './ports';
import { ready } from './processes';
import type { Processes } from './processes';

/** Which server the lab runs: MySQL 8.0.15 or MariaDB 10.11. */
export type Flavour = 'mysql' | 'mariadb';

/** What the command line of a database server is made of. */
export interface DatabasePaths {
  tools: ToolPaths;
  dataFolder: string;
  socket: string;
  port: number;
  certificates: Certificates;
  generalLogFile: string;
}

/** A running database server. */
export interface DatabaseServer {
  flavour: Flavour;
  host: string;
  port: number;
  /** The authority that signed the server's certificate, PEM. */
  caFile: string;
  /** Every statement that a client sent, as the server wrote it down. */
  generalLogFile: string;
  /** Runs SQL as root over the server's socket (no TLS, no password); gives the rows. */
  root(sql: string, values?: unknown[]): Promise<unknown[]>;
  /** True when this login works over TLS that is checked against the lab's authority. */
  canLogin(login: { user: string; password: string; schema?: string }): Promise<boolean>;
  /** Closes the lab's own connections. */
  close(): Promise<void>;
}

/** Starts a database server with TLS and a general log in `folder`. Throws when it does not get ready. */
export async function startDatabase(
  flavour: Flavour,
  context: { tools: ToolPaths; processes: Processes; certificates: Promise<Certificates>; folder: string },
): Promise<DatabaseServer> {
  const { tools, processes, folder } = context;
  const dataFolder = path.join(folder, 'data');
  await mkdir(folder, { recursive: true });
  const [certificates, port] = await Promise.all([
    context.certificates,
    freePort(),
    copyTemplate(flavour, tools, dataFolder),
  ]);
  // Short and relative: the path of a Unix socket is limited to 107 bytes.
  const socket = path.join(folder, 's');
  const generalLogFile = path.join(folder, 'general.log');
  const paths = { tools, dataFolder, socket, port, certificates, generalLogFile };
  const command = flavour === 'mysql' ? mysqlCommand(paths) : mariadbCommand(paths);
  const child = processes.spawn(flavour, command.file, command.args, { cwd: folder });
  const pool = createPool({ socketPath: socket, user: 'root', connectionLimit: 4, multipleStatements: true });
  await ready(child, async () => {
    await pool.query('SELECT 1');
    return true;
  });
  return {
    flavour,
    host: '127.0.0.1',
    port,
    caFile: certificates.caFile,
    generalLogFile,
    async root(sql, values) {
      const [rows] = await pool.query(sql, values);
      return Array.isArray(rows) ? rows : [];
    },
    canLogin: loginProbe(port, await readFile(certificates.caFile, 'utf8')),
    close: () => pool.end(),
  };
}

/** Codes of a server that says no to this login; anything else means that the server was not asked properly. */
const REFUSALS = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCOUNT_HAS_BEEN_LOCKED',
  'ER_MUST_CHANGE_PASSWORD_LOGIN',
  'ER_NOT_SUPPORTED_AUTH_MODE',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
]);

function loginProbe(port: number, ca: string): DatabaseServer['canLogin'] {
  return async ({ user, password, schema }) => {
    try {
      const connection = await createConnection({
        host: '127.0.0.1',
        port,
        user,
        password,
        ...(schema === undefined ? {} : { database: schema }),
        ssl: { ca, rejectUnauthorized: true },
        connectTimeout: 5000,
      });
      await connection.end();
      return true;
    } catch (error) {
      if (REFUSALS.has((error as { code?: string }).code ?? '')) return false;
      throw error;
    }
  };
}

/**
 * A fresh data folder. Initialising takes seconds, copying a tenth of one: the first lab of a machine keeps a
 * template in the cache. Two labs that make it at once do no harm: the rename is atomic and the second loses.
 */
async function copyTemplate(flavour: Flavour, tools: ToolPaths, dataFolder: string): Promise<void> {
  const name = flavour === 'mysql' ? path.basename(tools.mysqlBase) : 'mariadb';
  const template = path.join(tools.cache, `lab-data-${name}`);
  if (!(await exists(template))) {
    const fresh = `${template}.${process.pid}`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(tools.cache, { recursive: true });
    await (flavour === 'mysql' ? initialiseMysql(tools, fresh) : initialiseMariadb(tools, fresh));
    await rename(fresh, template).catch(() => rm(fresh, { recursive: true, force: true }));
  }
  await cp(template, dataFolder, { recursive: true });
  // Each server of a copy is a server of its own.
  await rm(path.join(dataFolder, 'auto.cnf'), { force: true });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
