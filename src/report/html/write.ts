import path from 'node:path';
import { Failure } from '../../base/failure';
import { writeFileAtomic } from '../../base/writeFileAtomic';

/** What a page has: it holds no secret, so all may read it. */
const pageMode = 0o644;

/**
 * Writes a page at once: a reader sees the old page or the new one.
 * @param mode for a file that not all may read
 * @throws Failure `configuration` when it cannot be written there
 */
export async function writePage(file: string, text: string, mode = pageMode): Promise<void> {
  const target = path.resolve(file);
  try {
    await writeFileAtomic(target, text, mode);
  } catch (error) {
    throw new Failure('file-unwritable', `${file} cannot be written: ${reasonOf(error, target)}.`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown, target: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const folder = path.dirname(target);
  const reasons: Record<string, string> = {
    ENOENT: `the folder ${folder} is not there; make it, or name another file`,
    ENOTDIR: `${folder} is not a folder; name another file`,
    EACCES: `no permission to write in ${folder}; allow it, or name another file`,
    EPERM: `no permission to write in ${folder}; allow it, or name another file`,
    EROFS: `${folder} is read-only; name a file elsewhere`,
    EISDIR: 'the path is not a regular file; name another file',
    ENOSPC: `the disk of ${folder} is full; make room, or name a file elsewhere`,
    ENAMETOOLONG: 'the name is too long; give a shorter one',
  };
  return reasons[code] ?? `${code}; name another file`;
}
