import { traced } from '../base/trace';
import { Failure } from '../base/failure';
import { parseSqlconf } from './php/sqlconf';
import type { DatabaseLogin } from '../rotation/slot';
import { scrubber } from '../secrecy/scrubber';
import type { SqlconfFile } from './file/sqlconfFile';
import { readSqlconf } from './file/sqlconfFile';
import type { WorldContext } from '../target/context';

/** `sqlconf.php` as read: the file, the login that PHP would see, and a way to render another login. */
export interface OpenSqlconf {
  path: string;
  file: SqlconfFile;
  login: DatabaseLogin;
  /** What OpenEMR itself will not do with it; each one sentence. */
  remarks: string[];
  render(login: DatabaseLogin): Buffer;
  /** Why this login could not be rendered; empty when it can. */
  check(login: DatabaseLogin): string[];
}

/** What a plan is told of the file. */
export function fileFacts({
  path,
  file,
  login,
}: OpenSqlconf): Pick<OpenSqlconf, 'path' | 'login'> & { stamp: string; sha256: string } {
  const { inode, modifiedAt, sha256 } = file;
  return { path, stamp: `file ${inode} of ${modifiedAt.toISOString()}`, sha256, login };
}

/**
 * Reads and parses the site's `sqlconf.php`.
 * @throws Failure `configuration` when the file is not what it must be; the message holds no value of it.
 */
export async function openSqlconf(context: Pick<WorldContext, 'sitesRoot' | 'site'>): Promise<OpenSqlconf> {
  const file = await traced('file: read sqlconf.php', {}, () => readSqlconf(context.sitesRoot, context.site));
  const parsed = parseSqlconf(file.bytes);
  if (parsed.kind === 'refused') {
    const reasons = parsed.problems.map(({ reason, line }) =>
      line === undefined ? reason : `line ${line}: ${reason}`,
    );
    throw new Failure('sqlconf-unsuited', `${file.path} cannot be changed safely: ${reasons.join(' ')}`);
  }
  scrubber.register(parsed.login.password);
  return {
    path: file.path,
    file,
    login: parsed.login,
    remarks: parsed.remarks,
    render: (login) => parsed.render(login),
    check: (login) => parsed.check(login).map(({ reason }) => reason),
  };
}
