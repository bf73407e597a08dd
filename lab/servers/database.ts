import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createConnection, createPool } from 'mysql2/promise';
import type { ConnectionOptions } from 'mysql2/promise';
import type { ToolPaths } from '../setup/tools.js';
import { mariadb, mariadbFromSuite } from './mariadb';
import { mysql, mysqlFromSuite } from './mysql';
import type { Database, Flavour, Release } from './releases';
import { flavourOf, releaseOf } from './releases';
import type { Certificates } from './certificates';
import { freePort } from './ports';
import { ready } from './processes';
import type { Processes } from './processes';

/** What the command line of a database server is made of. */
export interface DatabasePaths {
  /** Where it listens. */
  address: string;
  dataFolder: string;
  socket: string;
  port: number;
  certificates: Certificates;
  generalLogFile: string;
}

/** How one release is made ready and started. */
export interface DatabaseProgram {
  /** What a template of its data folder is named after. */
  name: string;
  /** Makes an empty data folder with a passwordless root. Throws when the server says so. */
  initialise: (dataFolder: string) => Promise<void>;
  /** How to start it with TLS, a general log, and without what a throw-away server does not need. */
  command: (paths: DatabasePaths) => { file: string; args: string[] };
}

const programs: Record<Release, (tools: ToolPaths) => DatabaseProgram> = {
  'mysql-8.0': mysql,
  'mysql-9': mysqlFromSuite,
  'mariadb-10.11': mariadb,
  'mariadb-11': mariadbFromSuite,
};

/** Whether the set-up has got this release: the newest ones are left out where their suite of Debian cannot be reached. */
export function isFetched(release: Release, tools: ToolPaths): boolean {
  const files: Record<Release, string> = {
    'mysql-8.0': tools.mysqlBase,
    'mysql-9': tools.mysqlNewest,
    'mariadb-10.11': tools.mariadbd,
    'mariadb-11': tools.mariadbNewest,
  };
  return existsSync(files[release]);
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
  /** Runs SQL as root, past what is recorded: over the server's socket without a password, or over TLS; gives the rows. */
  root(sql: string, values?: unknown[]): Promise<unknown[]>;
  /** True when this login works over TLS that is checked against the lab's authority. */
  canLogin(login: { user: string; password: string; schema?: string }): Promise<boolean>;
  /** Closes the lab's own connections. */
  close(): Promise<void>;
}

/** Starts a database server with TLS and a general log in `folder`. Throws when it does not get ready. */
export async function startDatabase(
  database: Database,
  context: {
    tools: ToolPaths;
    processes: Processes;
    certificates: Promise<Certificates>;
    folder: string;
    address: string;
  },
): Promise<DatabaseServer> {
  const { tools, processes, folder, address } = context;
  const dataFolder = path.join(folder, 'data');
  const flavour = flavourOf(database);
  // Without Java and Maven, or on arm64, the set-up leaves MySQL 8.0.15 out.
  const isThere = (release: Release): boolean => release !== 'mysql-8.0' || existsSync(tools.mysqlBase);
  const program = programs[releaseOf(database, isThere)](tools);
  await mkdir(folder, { recursive: true });
  const [certificates, port] = await Promise.all([
    context.certificates,
    freePort(),
    copyTemplate(program, tools.cache, dataFolder),
  ]);
  // Short and relative: the path of a Unix socket is limited to 107 bytes.
  const socket = path.join(folder, 's');
  const generalLogFile = path.join(folder, 'general.log');
  const paths = { address, dataFolder, socket, port, certificates, generalLogFile };
  const command = program.command(paths);
  const child = processes.spawn(flavour, command.file, command.args, { cwd: folder });
  const place = { flavour, host: address, port, caFile: certificates.caFile, generalLogFile };
  const server = await databaseAt(place, { socketPath: socket });
  await ready(child, async () => {
    await server.root('SELECT 1');
    return true;
  });
  return server;
}

/**
 * A database server that somebody else has started; nobody asks yet whether it answers.
 * @param way how root gets in: by its socket, or by its password over TLS that is checked against `caFile`
 */
export async function databaseAt(
  place: Pick<DatabaseServer, 'flavour' | 'host' | 'port' | 'caFile' | 'generalLogFile'>,
  way: { socketPath: string } | { password: string },
): Promise<DatabaseServer> {
  const { host, port } = place;
  // One object for all connections: mysql2 then reads the authority once, and takes a TLS session up again.
  const ssl = { ca: await readFile(place.caFile, 'utf8'), rejectUnauthorized: true };
  const pool = createPool({
    ...('socketPath' in way ? way : { ...way, host, port, ssl }),
    user: 'root',
    connectionLimit: 4,
    multipleStatements: true,
  });
  return {
    ...place,
    async root(sql, values) {
      const [rows] = await pool.query(sql, values);
      return Array.isArray(rows) ? rows : [];
    },
    canLogin: loginProbe({ host, port, ssl }),
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

function loginProbe(place: Pick<ConnectionOptions, 'host' | 'port' | 'ssl'>): DatabaseServer['canLogin'] {
  return async ({ user, password, schema }) => {
    try {
      const connection = await createConnection({
        ...place,
        user,
        password,
        ...(schema === undefined ? {} : { database: schema }),
        // By default each connection makes room for 16,000, and the sweep makes a thousand connections in a case.
        maxPreparedStatements: 1,
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
async function copyTemplate(
  { name, initialise }: DatabaseProgram,
  cache: string,
  dataFolder: string,
): Promise<void> {
  const template = path.join(cache, `lab-data-${name}`);
  if (!(await exists(template))) {
    const fresh = `${template}.${process.pid}`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await initialise(fresh);
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
