import { effect } from '../effect';
import { deniedError } from './denied';
import { SqlconfFileError } from './errors';
import { withinLimit } from './limit';
import { openPlainFile } from './read';
import type { SqlconfFile } from './read';

/**
 * Sets the permission bits of this one file. OpenEMR only reads it, so no bits beyond 0644 are ever needed.
 * @returns the bits before and after
 * @throws SqlconfFileError when the mode is wider than 0644 or the file is no longer the one that was read
 */
export async function fixPermissions(
  file: SqlconfFile,
  mode = 0o644,
): Promise<{ before: number; after: number }> {
  if ((mode & ~0o644) !== 0 || (mode & 0o400) === 0) {
    const message = `The mode ${mode.toString(8).padStart(4, '0')} for ${file.path} is refused: give one from 0400 to 0644 that nobody but the owner may write and nobody may run.`;
    throw new SqlconfFileError('mode', file.path, message);
  }
  try {
    return await withinLimit(file.path, (assertWaitedFor) => changeMode(file, mode, assertWaitedFor));
  } catch (error) {
    throw await deniedError(error, 'change the permissions of', file.path);
  }
}

async function changeMode(
  file: SqlconfFile,
  mode: number,
  assertWaitedFor: () => void,
): Promise<{ before: number; after: number }> {
  const handle = await openPlainFile(file.path);
  try {
    const stats = await handle.stat();
    if (stats.ino !== file.inode) {
      throw new SqlconfFileError(
        'changed',
        file.path,
        `${file.path} was replaced by somebody else after it was read; run again.`,
      );
    }
    const before = stats.mode & 0o7777;
    assertWaitedFor();
    if (before !== mode) await effect('file: chmod', () => handle.chmod(mode));
    return { before, after: (await handle.stat()).mode & 0o7777 };
  } finally {
    await handle.close();
  }
}
