import { Failure } from '../../base/failure';
import type { FailureCode } from '../../base/failure';
import { fileErrorCode } from './stale';

/** Why `sqlconf.php` was not read or not written. */
export type SqlconfFileProblem =
  | 'missing-root'
  | 'missing'
  | 'site-name'
  | 'outside'
  | 'not-a-file'
  | 'symlink'
  | 'hard-link'
  | 'too-large'
  | 'permission'
  | 'read-only'
  | 'full'
  | 'owner'
  | 'mode'
  | 'changed'
  | 'not-written'
  | 'hangs'
  | 'io';

const codes: Record<SqlconfFileProblem, FailureCode> = {
  'missing-root': 'sqlconf-missing',
  missing: 'sqlconf-missing',
  'site-name': 'sqlconf-path-invalid',
  outside: 'sqlconf-path-invalid',
  'not-a-file': 'sqlconf-path-invalid',
  symlink: 'sqlconf-path-invalid',
  'hard-link': 'sqlconf-path-invalid',
  'too-large': 'sqlconf-path-invalid',
  mode: 'sqlconf-unsuited',
  permission: 'sqlconf-permission-missing',
  'read-only': 'sqlconf-permission-missing',
  owner: 'sqlconf-permission-missing',
  full: 'disk-full',
  changed: 'sqlconf-changed-meanwhile',
  'not-written': 'sqlconf-not-written',
  io: 'sqlconf-unreachable',
  hangs: 'sqlconf-unreachable',
};

/** An expected failure around `sqlconf.php`. Its message names the path and never holds content of the file. */
export class SqlconfFileError extends Failure {
  constructor(
    readonly kind: SqlconfFileProblem,
    readonly path: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(codes[kind], message, options);
  }
}

const known: Record<string, [SqlconfFileProblem, string]> = {
  EACCES: ['permission', 'permission is denied; give this process the right to it'],
  EPERM: ['permission', 'permission is denied; give this process the right to it'],
  EROFS: ['read-only', 'its file system is read-only; mount it with write access'],
  ENOSPC: ['full', 'its file system is full; free some space'],
  EDQUOT: ['full', 'its quota is used up; free some space'],
  ESTALE: ['io', 'its network file handle is stale; mount the volume again'],
  EBUSY: ['io', 'it is in use, as a mount of its own perhaps; mount its folder instead of the file'],
};

/** Turns an error of the file system into one of ours; `action` completes "Cannot …". */
export function fileError(error: unknown, action: string, path: string): SqlconfFileError {
  if (error instanceof SqlconfFileError) return error;
  const code = fileErrorCode(error);
  const [kind, reason] = known[code] ?? ['io', `the file system answered ${code || 'with an unknown error'}`];
  return new SqlconfFileError(kind, path, `Cannot ${action} ${path}: ${reason}.`, { cause: error });
}
