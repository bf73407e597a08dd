import { errorCode } from './errors';
import { Failure } from './failure';

/**
 * That a file which somebody named cannot be read.
 * @param named the file, with the flag or variable that named it, if one did
 * @param cure what to do, without its full stop
 */
export function unreadable(named: string, cause: unknown, cure: string): Failure {
  return new Failure('file-unreadable', `${named} cannot be read (${errorCode(cause)}); ${cure}.`, { cause });
}
