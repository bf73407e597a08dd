import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { keepAttributes } from './attributes';
import { SqlconfFileError } from './errors';
import type { SqlconfFile } from './read';
import { fileErrorCode } from './stale';

/** Writes a new file with owner, mode and attributes of `before`, or throws where somebody would lose the right to read it. */
export async function writeBeside(
  beside: string,
  bytes: Buffer,
  before: SqlconfFile,
  mode: number,
): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(beside, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    await keepAttributes(before, handle);
    // A file that was given away is changed by root alone, and not even by a root without FOWNER.
    await handle.chmod(mode);
    await takeOwner(handle, before, mode);
    if (((await handle.stat()).mode & 0o7777) !== mode) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives the new file the owner of the old one, or proves that nobody loses the right to read it. */
async function takeOwner(handle: FileHandle, before: SqlconfFile, mode: number): Promise<void> {
  if (isOwnedLike(await handle.stat(), before)) return;
  // Who may not give a file away may still pass it to a group of its own.
  if (!(await tryChown(handle, before.uid, before.gid))) await tryChown(handle, -1, before.gid);
  const stats = await handle.stat();
  const othersRead = (mode & 0o004) !== 0;
  const ownerLost = stats.uid !== before.uid;
  const groupLost = stats.gid !== before.gid && (mode & 0o040) !== 0;
  if ((ownerLost || groupLost) && !othersRead) {
    throw new SqlconfFileError(
      'owner',
      before.path,
      `${before.path} belongs to user ${before.uid}, group ${before.gid}, and this process may not give its new ` +
        `version to them, so that OpenEMR could not read it; run as that user or as root.`,
    );
  }
}

function isOwnedLike(stats: Stats, before: SqlconfFile): boolean {
  return stats.uid === before.uid && stats.gid === before.gid;
}

/** An EFS access point refuses every chown, and has given the right owner already. */
async function tryChown(handle: FileHandle, uid: number, gid: number): Promise<boolean> {
  try {
    await handle.chown(uid, gid);
    return true;
  } catch (error) {
    if (['EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes(fileErrorCode(error))) return false;
    throw error;
  }
}
