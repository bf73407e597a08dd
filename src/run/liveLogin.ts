import { tryLogin } from '../mysql/database';
import { openSqlconf } from '../openemr/openSqlconf';
import type { RunRequest } from './request';

/**
 * What OpenEMR logs in with now, a sentence without its full stop. It says no more than what was seen: the file is
 * read, and its login is tried. Nothing else is looked at, since anything else may be what failed. Never throws.
 */
export async function liveLogin({ settings: { context } }: Pick<RunRequest, 'settings'>): Promise<string> {
  let username: string;
  try {
    const { login } = await openSqlconf(context);
    ({ username } = login);
    const answer = await tryLogin(login, context.trust).catch(() => 'unknown' as const);
    if (answer === 'works') return `OpenEMR runs on ${username}, which works`;
    if (answer === 'denied') return `sqlconf.php names ${username} now, and the database refuses that login`;
  } catch {
    return 'sqlconf.php cannot be read, so which account is live was not seen';
  }
  return `sqlconf.php names ${username} now; whether that login works could not be seen`;
}
