import { sleep } from '../base/errors';
import type { Session } from './database';
import { DatabaseFailure } from './databaseErrors';
import { errorNumber } from '../base/errors';
import { isOwnSession, ownLogins } from './ownLogins';
import { identityOf, serverOf } from './server';

/** What a server says of the logins of one user, by others than this process. */
export interface LoginLook {
  /** Sessions that are open now: their ids and where they come from, without port. */
  sessions: ReadonlyMap<string, string>;
  /** Those of {@link sessions} that the server has not let in yet, or is about to refuse. */
  loggingIn?: ReadonlySet<string>;
  /** How often others have logged in; without it the server counts nothing, and `whySampled` says why. */
  counted?: LoginCount;
  whySampled?: string;
  /** When the server was asked and when it had answered, in ms of `performance.now()`. */
  asked: number;
  answered: number;
}

/** Logins since the server began to count. */
export interface LoginCount {
  total: number;
  /** By client host, for a message; empty where the server does not tell hosts apart. */
  byHost: ReadonlyMap<string, number>;
  /** What tells this server from another. */
  server: string;
  /** How long the server has run, in seconds. */
  uptime: number;
  /** Other servers that are counted with it, Aurora's readers: how long each has run. */
  readers?: ReadonlyMap<string, number>;
  /** What those who were let in have asked, where the server counts refused logins, too. */
  questions?: Questions;
  /** The server may count refused logins, and what was asked cannot be read: a count that grows shows nobody who was let in. */
  mayBeRefused?: true;
}

/** Questions of one user to a server, its goodbyes among them: who was let in has at least one. */
export interface Questions {
  count: number;
  /** How long the server has counted them, in seconds: FLUSH STATUS begins anew. */
  countedFor: number;
  /** Logins of this process, whose questions are among them. */
  own: number;
}

/** Refusals of a table: no right to it (1142, 1143, 1044, 1227), or none of that name (1109, 1146, 1049). */
const unreadable = new Set([1142, 1143, 1044, 1227, 1109, 1146, 1049]);
/** How often a look is tried again while this process itself is logging in. */
const mostLooks = 50;
const againMs = 20;

/**
 * Looks who has a session as that user, and how often others than this process have logged in. A refused client has nothing
 * to lose. MySQL 8.0.15 and MariaDB count only logins that they let in, MySQL 9.7 counts the refused ones, too (tried): there
 * the questions of that user tell. They are asked for last: who was let in and is gone has said goodbye by then.
 * dev.mysql.com/doc/refman/8.0/en/performance-schema-connection-tables.html
 * @param knownToCountNothing why the server counts nothing, where it was just asked: the sessions alone are quicker to see
 * @param place `foreign`: a further server, whose logins of this process are taken away with those of its own
 */
export async function lookAtLogins(
  session: Session,
  username: string,
  knownToCountNothing?: string,
  place: 'own' | 'foreign' = 'own',
): Promise<LoginLook> {
  for (let tries = 1; ; tries += 1) {
    const asked = performance.now();
    const own = place === 'own' ? ownLogins(username) : 0;
    const counts = knownToCountNothing ?? (await readCounts(session, username));
    // Sessions last: who logs in between is in one of the two.
    const open = await othersSessions(session, username, place);
    const answered = performance.now();
    const look = { ...open, asked, answered };
    if (typeof counts === 'string') return { ...look, whySampled: counts };
    const questions = await questionsOf(session, username);
    if (own !== undefined && (place === 'foreign' || own === ownLogins(username)))
      return {
        ...look,
        counted: {
          ...counts,
          total: counts.total - own,
          ...countedWith(questions, own),
        },
      };
    if (tries === mostLooks) return { ...look, whySampled: 'this process logs in all the time' };
    await sleep(againMs);
  }
}

function countedWith(
  questions: Omit<Questions, 'own'> | 'unreadable' | undefined,
  own: number,
): Pick<LoginCount, 'questions' | 'mayBeRefused'> {
  if (questions === undefined) return {};
  return questions === 'unreadable' ? { mayBeRefused: true } : { questions: { ...questions, own } };
}

async function othersSessions(
  session: Session,
  username: string,
  place: 'own' | 'foreign',
): Promise<Required<Pick<LoginLook, 'sessions' | 'loggingIn'>>> {
  const rows = await session.query(
    'SELECT ID AS id, HOST AS host, COMMAND AS command FROM information_schema.PROCESSLIST WHERE USER = ? AND ID <> CONNECTION_ID()',
    [username],
  );
  // Another server gives the same ids to others.
  const others = rows.filter(({ id }) => place === 'foreign' || !isOwnSession(username, String(id)));
  const entering = others.filter(({ command }) => command === 'Connect' || command === 'Killed');
  return {
    sessions: new Map(others.map(({ id, host }) => [String(id), String(host).replace(/:\d+$/, '')])),
    loggingIn: new Set(entering.map(({ id }) => String(id))),
  };
}

/** dev.mysql.com/doc/refman/8.4/en/performance-schema-status-variables.html */
const lostAccounts = 'Performance_schema_accounts_lost';
const lostThreads = 'Performance_schema_thread_instances_lost';
const lostNames = `'${lostAccounts}', '${lostThreads}'`;

/** The counts, or why there are none. */
async function readCounts(session: Session, username: string): Promise<LoginCount | string> {
  const settings = await variables(session);
  const { mariadb } = await serverOf(session);
  const schemaOn = settings.get('performance_schema') === 'ON';
  if (!schemaOn && mariadb && settings.get('userstat') === 'ON')
    return counted(session, await userStatistics(session, username));
  if (!schemaOn)
    return mariadb
      ? 'performance_schema and userstat are OFF; SET GLOBAL userstat = ON makes the server count logins'
      : 'performance_schema is OFF; switch it on in the parameter group';
  if (settings.get('performance_schema_accounts_size') === '0')
    return 'performance_schema_accounts_size is 0';
  const rows = await accounts(session, username);
  return typeof rows === 'string' ? rows : counted(session, rows);
}

async function variables(session: Session): Promise<Map<string, string>> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema', 'performance_schema_accounts_size', 'userstat')",
  );
  return new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}

async function accounts(session: Session, username: string): Promise<Map<string, number> | string> {
  const lost = await session.query(`SHOW GLOBAL STATUS WHERE Variable_name IN (${lostNames})`);
  const isLost = (name: string): boolean =>
    lost.some((row) => row['Variable_name'] === name && Number(row['Value'] ?? 0) > 0);
  if (isLost(lostAccounts))
    return `performance_schema.accounts is full (${lostAccounts}); raise performance_schema_accounts_size`;
  // A connection without an instance of its own counts for no account.
  if (isLost(lostThreads))
    return `connections were not counted (${lostThreads}); raise performance_schema_max_thread_instances`;
  try {
    const rows = await session.query(
      'SELECT HOST AS host, TOTAL_CONNECTIONS AS total FROM performance_schema.accounts WHERE USER = ?',
      [username],
    );
    return new Map(rows.map((row) => [String(row['host']), Number(row['total'])]));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return 'the admin user may not read the counts; GRANT SELECT ON performance_schema.accounts to it';
  }
}

/** From this version on a server may count refused logins: that of 8.0.15 does not. */
const mayCountRefused = [8, 0, 16] as const;

/** undefined where refused logins are not counted; where the questions cannot be read, each login counts. */
async function questionsOf(
  session: Session,
  username: string,
): Promise<Omit<Questions, 'own'> | 'unreadable' | undefined> {
  const { mariadb, atLeast } = await serverOf(session);
  if (mariadb || !atLeast(...mayCountRefused)) return undefined;
  try {
    const [row] = await session.query(
      "SELECT (SELECT SUM(VARIABLE_VALUE) FROM performance_schema.status_by_account WHERE USER = ? AND VARIABLE_NAME = 'Questions') AS questions, " +
        "(SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime_since_flush_status') AS countedFor",
      [username],
    );
    const [count, countedFor] = [Number(row?.['questions'] ?? 0), Number(row?.['countedFor'])];
    return Number.isFinite(count + countedFor) ? { count, countedFor } : 'unreadable';
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return 'unreadable';
  }
}

async function userStatistics(session: Session, username: string): Promise<Map<string, number>> {
  const rows = await session.query(
    'SELECT TOTAL_CONNECTIONS AS total FROM information_schema.USER_STATISTICS WHERE USER = ?',
    [username],
  );
  return new Map(rows.map((row) => ['', Number(row['total'])]));
}

async function counted(session: Session, byHost: ReadonlyMap<string, number>): Promise<LoginCount> {
  const [row] = await session.query("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const total = [...byHost.values()].reduce((sum, count) => sum + count, 0);
  return { total, byHost, server: await identityOf(session), uptime: Number(row?.['Value'] ?? 0) };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof DatabaseFailure && unreadable.has(errorNumber(error.cause));
}

/** How far a server's own clock of its uptime may be off between two looks, in seconds. */
const uptimeSlack = 3;

/**
 * True when `later` shows that nobody has logged in since `earlier`. A server that restarted, another one, or a count
 * that fell (TRUNCATE, FLUSH) proves nothing.
 */
export function isUnchanged(earlier: LoginLook, later: LoginLook): boolean {
  const [from, to] = [earlier.counted, later.counted];
  if (from === undefined || to === undefined) return from === to;
  const passed = (later.answered - earlier.answered) / 1000;
  const [before, after] = [serversOf(from), serversOf(to)];
  const same = [...after].every(([server, uptime]) => {
    const then = before.get(server);
    return then !== undefined && Math.abs(uptime - then - passed) <= uptimeSlack;
  });
  return before.size === after.size && same && (from.total === to.total || onlyRefused(earlier, later));
}

/** True when there were logins between two looks, and the server shows that all were refused: whoever is let in asks something. */
export function onlyRefused(earlier: LoginLook, later: LoginLook): boolean {
  const [from, to] = [earlier.counted, later.counted];
  const [before, after] = [from?.questions, to?.questions];
  if (from === undefined || to === undefined || before === undefined || after === undefined) return false;
  const passed = (later.answered - earlier.answered) / 1000;
  return (
    to.total > from.total &&
    before.count === after.count &&
    before.own === after.own &&
    Math.abs(after.countedFor - before.countedFor - passed) <= uptimeSlack
  );
}

/** How long each server that a count is of has run, in seconds. */
function serversOf({ server, uptime, readers = new Map() }: LoginCount): Map<string, number> {
  return new Map([[server, uptime], ...readers]);
}

/** Where somebody logs in from, for a message. */
export function whereFrom(look: LoginLook, since?: LoginLook): string {
  const open = new Map<string, number>();
  for (const host of look.sessions.values()) open.set(host, (open.get(host) ?? 0) + 1);
  if (open.size > 0) return [...open].map(([host, count]) => `${host} (${count})`).join(', ');
  const grown = [...(look.counted?.byHost ?? [])].filter(
    ([host, total]) => host !== '' && total > (since?.counted?.byHost.get(host) ?? 0),
  );
  return grown.map(([host]) => host).join(', ') || 'short sessions that come and go';
}
