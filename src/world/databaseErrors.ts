import { Failure } from '../failure';
import type { DatabaseLogin } from '../plan/slot';
import { errorCode, errorNumber } from './errors';

/** Server answers that mean "no such login": wrong password, no right on the schema, locked, expired, plugin refuses. */
const deniedNumbers = new Set([1044, 1045, 1698, 1820, 1862, 3118, 4151]);

/**
 * Server answers that pass by themselves: too many connections (1040, 1203), a failover or restart (1053, 1290, 1836,
 * 1927, 3032, 4031), a lock or a statement that took too long (1205, 1213, 1317, 1969, 3024).
 */
const passingNumbers = new Set([
  1040, 1203, 1053, 1290, 1836, 1927, 3032, 4031, 1205, 1213, 1317, 1969, 3024,
]);

/** Errors of a connection that was lost, or not taken while a writer fails over. */
const lostCodes = new Set(['ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'EPIPE', 'PROTOCOL_SEQUENCE_TIMEOUT']);
const refusedCodes = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN']);

/** Refusals of a password: by a policy (1819), by its history (3638). */
const policyNumbers = new Set([1819, 3638]);

/** Refusals of a right: a grant mends them. */
const rightNumbers = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1698, 3523]);

/** A failure of the database. Its message holds neither statement text nor the server's own words. */
export class DatabaseFailure extends Failure {
  /** True when the same call may work a moment later: it is worth trying again. */
  readonly passes: boolean;

  constructor(
    outcome: Failure['outcome'],
    message: string,
    { cause, passes }: { cause?: unknown; passes: boolean },
  ) {
    super(outcome, message, { cause });
    this.passes = passes;
  }
}

/** The login was refused as often as one run may try: once more, and a server may lock the account or this host. */
export class LoginTriesUsedUp extends DatabaseFailure {
  constructor({ username, host, port }: DatabaseLogin) {
    super(
      'before-switch',
      `The database at ${host}:${port} refused the login of ${username} again and again; it was not tried any more, so that the account is not locked. Run again.`,
      { passes: false },
    );
  }
}

/** True for a failure that is the server's refusal of a login. */
export function isDenied(error: unknown): boolean {
  return error instanceof Failure && deniedNumbers.has(errorNumber(error.cause));
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

/** The failure of a connection that was not made. */
export function connectFailure(error: unknown, login: DatabaseLogin): DatabaseFailure {
  const where = `The database at ${login.host}:${login.port}`;
  const code = errorCode(error);
  const failure = (outcome: Failure['outcome'], text: string, passes = false): DatabaseFailure =>
    new DatabaseFailure(outcome, `${where} ${text}`, { cause: error, passes });
  if (deniedNumbers.has(errorNumber(error)))
    return failure(
      'permission',
      `refuses the login of ${login.username} (${code}); check that user's password, lock and TLS requirement.`,
    );
  if (errorNumber(error) === 1226)
    return failure(
      'before-switch',
      `has no connection left for ${login.username} (${code}); raise that user's limits with ALTER USER … WITH, or wait until they pass.`,
    );
  if ([1129, 1130].includes(errorNumber(error)))
    return failure(
      'permission',
      `refuses this host (${code}); run FLUSH HOSTS there, and give ${login.username} a host that matches this one.`,
    );
  if (passesSoon(error))
    return failure(
      'before-switch',
      `does not take a connection now (${code}); free connections or wait for the failover, then run again.`,
      true,
    );
  if (isTlsError(error))
    return failure(
      'permission',
      `shows no trusted TLS certificate (${tlsReason(error)}); set DATABASE_CA_FILE to its CA, or correct the host name.`,
    );
  return failure(
    'before-switch',
    `cannot be reached (${code || 'no answer'}); check host, port, security group and NetworkPolicy.`,
    refusedCodes.has(code),
  );
}

function isTlsError(error: unknown): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|certificate/i.test(`${errorCode(error)} ${tlsReason(error)}`);
}

function tlsReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : '';
}

/** The failure of a statement, named by its first words: the rest, and the server's own text, may hold a password. */
export function statementFailure(error: unknown, sql: string, login: DatabaseLogin): DatabaseFailure {
  const verb = sql.trim().split(/\s+/).slice(0, 2).join(' ').toUpperCase();
  const number = errorNumber(error);
  const code = errorCode(error) || `error ${number}`;
  const right = rightNumbers.has(number);
  const advice = policyNumbers.has(number)
    ? "its password policy does not take the password (32 characters of four classes). Look at SHOW VARIABLES LIKE '%password%' and at the user's " +
      'PASSWORD HISTORY, relax what refuses it, and run again: then another password is made.'
    : right
      ? `grant ${login.username} the right that this statement needs.`
      : 'correct the cause and run again.';
  return new DatabaseFailure(
    right ? 'permission' : 'before-switch',
    `The database at ${login.host}:${login.port} refused "${verb} …" by ${login.username} (${code}); ${advice}`,
    { cause: error, passes: passesSoon(error) || isLost(error) },
  );
}
