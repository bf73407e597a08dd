import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../base/failure';
import { effect } from '../../base/effect';
import { deniedError } from './denied';
import { SqlconfFileError } from './errors';
import { withinLimit } from './limit';
import { openPlainFile } from './read';
import type { SqlconfFile } from './read';

/**
 * Sets the permission bits of this one file. OpenEMR only reads it, so no bits beyond 0644 are ever needed.
 * @param guard called right before the write; throws when this process must not write any more
 * @returns the bits before and after
 * @throws SqlconfFileError when the mode is wider than 0644 or the file is no longer the one that was read
 */
export async function fixPermissions(
  file: SqlconfFile,
  mode = 0o644,
  guard: () => Promise<void> = async () => undefined,
): Promise<{ before: number; after: number }> {
  if ((mode & ~0o644) !== 0 || (mode & 0o400) === 0) {
    const message = `The mode ${mode.toString(8).padStart(4, '0')} for ${file.path} is refused: give one from 0400 to 0644 that nobody but the owner may write and nobody may run.`;
    throw new SqlconfFileError('mode', file.path, message);
  }
  try {
    const before = await withinLimit(file.path, () => opened(file, modeOf));
    if (before !== mode)
      await effect('file: chmod', async () => {
        await guard();
        await withinLimit(file.path, (assertWaitedFor) =>
          opened(file, (handle) => {
            assertWaitedFor();
            return handle.chmod(mode);
          }),
        );
      });
    return { before, after: await withinLimit(file.path, () => opened(file, modeOf)) };
  } catch (error) {
    throw error instanceof Failure ? error : await deniedError(error, 'change the permissions of', file.path);
  }
}

async function modeOf(handle: FileHandle): Promise<number> {
  return (await handle.stat()).mode & 0o7777;
}

/** Opens the file that was read, and no other one in its place. */
async function opened<T>(file: SqlconfFile, action: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openPlainFile(file.path);
  try {
    if ((await handle.stat()).ino !== file.inode)
      throw new SqlconfFileError(
        'changed',
        file.path,
        `${file.path} was replaced by somebody else after it was read; run again.`,
      );
    return await action(handle);
  } finally {
    await handle.close();
  }
}
