import { Failure } from '../base/failure';
import type { DatabaseTrust, LoginAnswer } from '../mysql/database';
import { tryLogin } from '../mysql/database';
import { DatabaseFailure, isLockedByTries } from '../mysql/databaseErrors';
import type { DatabaseLogin } from '../rotation/slot';

/**
 * Whether a login lets OpenEMR in. An account that was tried in vain too often does not: OpenEMR itself may be who tries.
 * @throws as tryLogin
 */
export async function letsOpenemrIn(login: DatabaseLogin, trust: DatabaseTrust): Promise<LoginAnswer> {
  try {
    return await tryLogin(login, trust);
  } catch (error) {
    if (isLockedByTries(error)) return 'denied';
    throw error;
  }
}

const notTheServer = new Set<string>(['database-unreachable', 'database-certificate-untrusted']);

/** A failure for good, of a server that one place names and the file does not: then it is the place that is wrong. */
export function isOfAnotherServer(
  error: unknown,
  login: DatabaseLogin,
  file: DatabaseLogin,
): error is Failure {
  const isElsewhere = login.host.toLowerCase() !== file.host.toLowerCase() || login.port !== file.port;
  const passes = error instanceof DatabaseFailure && error.passes;
  return isElsewhere && !passes && error instanceof Failure && notTheServer.has(error.code);
}
