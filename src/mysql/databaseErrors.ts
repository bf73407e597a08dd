import type { FailureCode } from '../base/failure';
import { Failure } from '../base/failure';
import type { DatabaseLogin } from '../rotation/slot';
import { errorCode, errorNumber } from '../base/errors';
import { isRdsProxy } from './rdsProxy';

/** Server answers that mean "no such login": wrong password, no right on the schema, locked, expired, plugin refuses. */
const deniedNumbers = new Set([1044, 1045, 1698, 1820, 1862, 3118, 4151]);

/**
 * Server answers that pass by themselves: too many connections (1040, 1203), a failover or restart (1053, 1290, 1836,
 * 1927, 3032, 4031), a lock or a statement that took too long (1205, 1213, 1317, 1969, 3024), and an RDS Proxy whose pool
 * has no connection left (9501).
 */
const passingNumbers = new Set([
  1040, 1203, 1053, 1290, 1836, 1927, 3032, 4031, 1205, 1213, 1317, 1969, 3024, 9501,
]);

/** Errors of a connection that was lost, or not taken while a writer fails over. */
const lostCodes = new Set(['ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'EPIPE', 'PROTOCOL_SEQUENCE_TIMEOUT']);
const refusedCodes = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN']);

/** Refusals of a password: by a policy (1819), by its history (3638). */
const policyNumbers = new Set([1819, 3638]);

/** Refusals of a right: a grant fixes them. */
const rightNumbers = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1698, 3523, 3530, 3891, 3892]);

/** A failure of the database. Its message holds neither statement text nor the server's own words. */
export class DatabaseFailure extends Failure {
  /** True when the same call may work a moment later: it is worth trying again. */
  readonly passes: boolean;

  constructor(code: FailureCode, message: string, { cause, passes }: { cause?: unknown; passes: boolean }) {
    super(code, message, { cause });
    this.passes = passes;
  }
}

/** The login was refused as often as one run may try: once more, and a server may lock the account or this host. */
export class LoginTriesUsedUp extends DatabaseFailure {
  constructor({ username, host, port }: DatabaseLogin) {
    super(
      'database-tries-used-up',
      `The database at ${host}:${port} refused the login of ${username} repeatedly; this run stopped trying, so that the account is not locked. Run again.`,
      { passes: false },
    );
  }
}

/** Whether a login works, as `trying` tells. Where the tries of this run are used up, all of them in vain, it counts as one that does not. */
export async function isKnownToWork(trying: Promise<boolean>): Promise<boolean> {
  try {
    return await trying;
  } catch (error) {
    if (error instanceof LoginTriesUsedUp) return false;
    throw error;
  }
}

/** True for a failure that is the server's refusal of a login. */
export function isDenied(error: unknown): boolean {
  return error instanceof Failure && deniedNumbers.has(errorNumber(error.cause));
}

/** True for a refusal that is of the user name and password themselves: not of a lock, an expiry, or the schema. */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof Failure && [1045, 1698].includes(errorNumber(error.cause));
}

/** True where the server has locked the account since somebody tried wrong passwords: MySQL's 3955, MariaDB's 4150. */
export function isLockedByTries(error: unknown): boolean {
  return error instanceof Failure && [3955, 4150].includes(errorNumber(error.cause));
}

/** True for what a server that is up says to a login, and says again a moment later: a limit of the user, a host. */
export function isStandingRefusal(error: unknown): boolean {
  if (error instanceof LoginTriesUsedUp) return true;
  return error instanceof Failure && errorNumber(error.cause) > 0 && !passesSoon(error.cause);
}

/** True for a failure that is the server's refusal of a password, by its policy or its history. */
export function isPasswordRefusal(error: unknown): error is Failure {
  return error instanceof Failure && policyNumbers.has(errorNumber(error.cause));
}

/** True when a connection that was refused so may be taken a moment later, on a server that is up. */
export function passesSoon(cause: unknown): boolean {
  return passingNumbers.has(errorNumber(cause)) || lostCodes.has(errorCode(cause));
}

/** True for a statement on a session that was lost before: mysql2 says so without a code. */
function isLost(cause: unknown): boolean {
  const fatal = typeof cause === 'object' && cause !== null && 'fatal' in cause && cause.fatal === true;
  return fatal && errorNumber(cause) === 0;
}

/** What a refused login means, by the server's number. */
interface LoginMeaning {
  numbers: number[];
  code: FailureCode;
  /** The sentence after "The database at …". */
  say: (login: Login, code: string) => string;
}

/** What a message says of a login. */
type Login = Pick<DatabaseLogin, 'username' | 'host' | 'port'>;

/** dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html; mariadb.com/kb/en/mariadb-error-codes. */
const loginMeanings: LoginMeaning[] = [
  {
    numbers: [1044],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `lets ${username} in, but it has no right on the schema (${code}); GRANT it its rights there.`,
  },
  {
    numbers: [1698],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `takes no password of ${username} (${code}): it logs in by the operating system; give it a password with ${alterUser(username, 'IDENTIFIED BY …')}.`,
  },
  {
    numbers: [1820, 1862],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `says that the password of ${username} has expired (${code}); set it again, the same one where OpenEMR uses it, with ${alterUser(username, 'IDENTIFIED BY …')}.`,
  },
  {
    numbers: [3118, 4151],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `says that ${username} is locked (${code}); run ${alterUser(username, 'ACCOUNT UNLOCK')}.`,
  },
  {
    numbers: [3955],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `says that ${username} is locked after too many failed logins (${code}): its FAILED_LOGIN_ATTEMPTS; find out who tries a wrong password, and run ${alterUser(username, 'ACCOUNT UNLOCK')}.`,
  },
  {
    numbers: [4150],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `says that ${username} is blocked after too many failed logins (${code}): max_password_errors; find out who tries a wrong password, and run FLUSH PRIVILEGES.`,
  },
  {
    numbers: [1524],
    code: 'database-plugin-unusable',
    say: ({ username }, code) =>
      `says that the authentication plugin of ${username} is not loaded (${code}), as mysql_native_password from MySQL 8.4 on; load it, or give the user another one, ${otherPlugin(username)}.`,
  },
  {
    numbers: [1251, 2059],
    code: 'database-plugin-unusable',
    say: ({ username }, code) =>
      `wants an authentication plugin for ${username} that this program does not speak (${code}); give the user another one, ${otherPlugin(username)}.`,
  },
  {
    numbers: [3159],
    code: 'database-certificate-untrusted',
    say: (_login, code) =>
      `takes TLS connections only (${code}), and this one was made with TLS: something before it ends TLS; connect to the server itself.`,
  },
  {
    numbers: [9501],
    code: 'database-connection-limit',
    say: (_login, code) =>
      `is an RDS Proxy that has no database connection to give (${code}); run again when its pool is free, or name the direct endpoint of the cluster or instance.`,
  },
  {
    numbers: [1226],
    code: 'database-connection-limit',
    say: ({ username }, code) =>
      `has no connection left for ${username} (${code}); raise that user's limits with ALTER USER … WITH, or wait until they pass.`,
  },
  {
    numbers: [1129],
    code: 'database-login-refused',
    say: (_login, code) =>
      `blocks this host after too many broken connections (${code}); run TRUNCATE TABLE performance_schema.host_cache there (on MariaDB: FLUSH HOSTS).`,
  },
  {
    numbers: [1130],
    code: 'database-login-refused',
    say: ({ username }, code) =>
      `lets nobody in from this host (${code}); run from a host that ${username} may come from, or give it one in mysql.user that matches this host.`,
  },
  {
    numbers: [1049],
    code: 'database-schema-missing',
    say: (_login, code) => `has no such schema (${code}); correct dbname in the secret.`,
  },
  {
    numbers: [1184],
    code: 'database-setup-wrong',
    say: (_login, code) =>
      `ended the new connection (${code}): a statement of its init_connect fails; correct that variable of the server.`,
  },
];

/** A statement about an account, whose host this refusal does not tell. */
function alterUser(username: string, change: string): string {
  return `ALTER USER '${username}'@'…' ${change}; the host of the account stands in mysql.user`;
}

function otherPlugin(username: string): string {
  return (
    'with the password that it has now, on MariaDB IDENTIFIED VIA mysql_native_password USING PASSWORD(…), on MySQL ' +
    alterUser(username, 'IDENTIFIED WITH caching_sha2_password BY …')
  );
}

/** The failure of a connection that was not made. */
export function connectFailure(error: unknown, login: Login): DatabaseFailure {
  const where = `The database at ${login.host}:${login.port}`;
  const number = loginNumber(error);
  const code = codeFor(error);
  const failure = (why: FailureCode, text: string, passes = false): DatabaseFailure =>
    new DatabaseFailure(why, `${where} ${text}`, { cause: error, passes });
  if (number === 1045 && isOfProxy(error, login))
    return failure(
      'database-login-refused',
      `is an RDS Proxy and refuses the login of ${login.username} (${code}): it knows only users of which it has a secret of its own; name the endpoint of the cluster or instance itself, or check that password.`,
    );
  const meaning = loginMeanings.find(({ numbers }) => numbers.includes(number));
  if (meaning) return failure(meaning.code, meaning.say(login, code), passesSoon(error));
  if (deniedNumbers.has(number))
    return failure(
      'database-login-refused',
      `refuses the login of ${login.username} (${code}); check that user's password, lock and TLS requirement, and whether its host in mysql.user matches this one.`,
    );
  if (passesSoon(error))
    return failure(
      'database-unreachable',
      `does not take a connection now (${code}); free connections or wait for the failover, then run again.`,
      true,
    );
  if (isTlsError(error))
    return failure(
      'database-certificate-untrusted',
      `shows no trusted TLS certificate (${tlsReason(error)}); set DATABASE_CA_FILE to its CA, or correct the host name.`,
    );
  return failure(
    'database-unreachable',
    `cannot be reached (${code || 'no answer'}); check host, port, security group and NetworkPolicy.`,
    refusedCodes.has(code),
  );
}

/** mysql2's own refusal of a plugin has no number: that of libmysql, CR_AUTH_PLUGIN_CANNOT_LOAD, says the same. */
function loginNumber(error: unknown): number {
  return errorCode(error) === 'AUTH_SWITCH_PLUGIN_ERROR' ? 2059 : errorNumber(error);
}

/** mysql2 names numbers as MySQL does; MariaDB means something else by those from 4000 on, and RDS Proxy by 9501. */
function codeFor(error: unknown): string {
  const number = errorNumber(error);
  return number >= 4000 ? `error ${number}` : errorCode(error);
}

function isOfProxy(error: unknown, { host }: Login): boolean {
  return isRdsProxy(host) || (error instanceof Error && /\brds proxy\b/i.test(error.message));
}

function isTlsError(error: unknown): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|certificate/i.test(`${errorCode(error)} ${tlsReason(error)}`);
}

function tlsReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : '';
}

/** What a refused statement wants, by the server's number; what is not here is a right, or to be looked at. */
const statementAdvice: { numbers: number[]; code: FailureCode; advice: string }[] = [
  {
    numbers: [...policyNumbers],
    code: 'password-refused',
    advice:
      "its password policy rejects the password (32 characters of four classes). Look at SHOW VARIABLES LIKE '%password%' and at the user's " +
      'PASSWORD HISTORY, relax what rejects it, and run again: then another password is generated.',
  },
  {
    numbers: [3530],
    code: 'admin-permission-missing',
    advice: 'a role is not granted; grant it, and make it a default by SET DEFAULT ROLE.',
  },
  {
    numbers: [3891, 3892],
    code: 'admin-permission-missing',
    advice:
      'it asks for the current password; grant CREATE USER, or run ALTER USER … PASSWORD REQUIRE CURRENT OPTIONAL.',
  },
  {
    numbers: [1396, 1133],
    code: 'account-changed-meanwhile',
    advice:
      'the account is there already, or is gone: somebody else changed it meanwhile; look at mysql.user and run again.',
  },
  {
    numbers: [1470],
    code: 'username-too-long',
    advice:
      'a name is too long: MySQL takes user names of 32 characters; give the slot a shorter username in the slot secret.',
  },
  {
    numbers: [1524],
    code: 'database-plugin-unusable',
    advice:
      'the authentication plugin of the account is not loaded (mysql_native_password, from MySQL 8.4 on); load it, or give the account another one by ALTER USER, with the password that it has now.',
  },
];

/** The failure of a statement, named by its first words: the rest, and the server's own text, may hold a password. */
export function statementFailure(error: unknown, sql: string, login: Login): DatabaseFailure {
  const verb = sql.trim().split(/\s+/).slice(0, 2).join(' ').toUpperCase();
  const number = errorNumber(error);
  const code = codeFor(error) || `error ${number}`;
  const known = statementAdvice.find(({ numbers }) => numbers.includes(number));
  const right = rightNumbers.has(number);
  const advice =
    known?.advice ??
    (right
      ? `grant ${login.username} the right that this statement needs.`
      : 'correct the cause and run again.');
  return new DatabaseFailure(
    known?.code ?? (right ? 'admin-permission-missing' : 'statement-refused'),
    `The database at ${login.host}:${login.port} refused "${verb} …" by ${login.username} (${code}); ${advice}`,
    { cause: error, passes: passesSoon(error) || isLost(error) },
  );
}
