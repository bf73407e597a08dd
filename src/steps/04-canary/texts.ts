import { Failure } from '../../base/failure';
import { inOneLine } from '../../base/sentence';
import type { ApiError } from '../../kubernetes/api';
import type { Verdict } from './verdict';

/** The two users. */
export interface Users {
  /** The one that OpenEMR was to move to. */
  username: string;
  /** The one that it is on. */
  active: string;
}

/** The new login does not work in OpenEMR. */
export function canaryFailure(
  { said, login, compared }: Extract<Verdict, { kind: 'bad' }>,
  { username, active }: Users,
): Failure {
  const seen = {
    seen: ' The database let it in.',
    'not-seen': ' The database let nobody in from there.',
    unknown: '',
  };
  const other = compared ? `, while one with ${active} is well` : '';
  return new Failure(
    'canary-login-bad',
    `A canary pod with ${username} is not well: ${said}${other}.${seen[login]} Compare the two accounts (SHOW GRANTS, rights ` +
      `on routines, the account's host, REQUIRE, MAX_USER_CONNECTIONS), give ${username} what it lacks, and run again; ` +
      `--canary off leaves this proof out.`,
  );
}

/** It was required, and could not be had. */
export function unprovedFailure(why: string, { username }: Users): Failure {
  return new Failure(
    'canary-unproved',
    `No canary pod could prove ${username}, which --canary require asks for: ${why}. Correct that, or rotate with --canary auto.`,
  );
}

/** It was not required. A sentence without its full stop. */
export function unprovedNotice(why: string, { username }: Users): string {
  return `no canary pod could prove ${username} before the switch: ${why}. The rotation goes on without it, as step 8 proves the login after the switch`;
}

/** A quota, a policy or a webhook says why; the pod holds no value of a Secret that could be quoted. Without its full stop. */
export function refusalText({ code, said }: ApiError): string {
  const text = inOneLine(said).slice(0, 300);
  return `the API server refused it (${code}${text === '' ? '' : `: ${text}`})`;
}

/** Without its full stop. */
export function missingRightText(verb: string): string {
  return `RBAC does not allow "${verb}" on pods; infra/kubernetes/role-canary.yaml grants it`;
}
