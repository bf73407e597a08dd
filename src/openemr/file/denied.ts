import { lstat } from 'node:fs/promises';
import { fileError, SqlconfFileError } from './errors';
import { octal, whoAmI } from './process';

/** As {@link fileError}; what is denied is told with mode, owner and who this process is. */
export async function deniedError(error: unknown, action: string, path: string): Promise<SqlconfFileError> {
  const plain = fileError(error, action, path);
  if (plain.kind !== 'permission' || plain === error) return plain;
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return plain;
  const { mode, uid, gid } = stats;
  const message = `Cannot ${action} ${path} (mode ${octal(mode)}, user ${uid}, group ${gid}): permission is denied to this process, which is ${whoAmI()}; give it the right, or run as that user.`;
  return new SqlconfFileError('permission', path, message, { cause: error });
}
