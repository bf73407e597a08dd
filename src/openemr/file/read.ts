import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../base/errors';
import { deniedError } from './denied';
import { SqlconfFileError } from './errors';
import { withinLimit } from './limit';
import { isSiteName } from './siteName';
import { fileErrorCode, retryStale } from './stale';

/** The file as it was read. The path has no symbolic links left in it. */
export interface SqlconfFile {
  path: string;
  bytes: Buffer;
  /** Hexadecimal. It stands for a password that a person may have chosen, so it never leaves memory unsealed. */
  sha256: string;
  /** Permission bits only. */
  mode: number;
  uid: number;
  gid: number;
  inode: number;
  modifiedAt: Date;
}

/** The name of the file in its site's folder. */
export const fileName = 'sqlconf.php';
/** In bytes; OpenEMR's own file has less than 2 KiB. */
export const largestFile = 1024 * 1024;

/**
 * Reads `<sitesRoot>/<site>/sqlconf.php`.
 * @throws SqlconfFileError when it is missing, unreadable, larger than 1 MiB, or anything but a plain file with one
 * name inside the root: a link would let the later write hit, or miss, another file than PHP reads.
 */
export function readSqlconf(sitesRoot: string, site = 'default'): Promise<SqlconfFile> {
  return withinLimit(path.join(sitesRoot, site, fileName), async () => {
    const file = path.join(await siteFolder(sitesRoot, site), fileName);
    try {
      return await readPlainFile(file);
    } catch (error) {
      throw await deniedError(error, 'read', file);
    }
  });
}

/** The site's folder without symbolic links. @throws SqlconfFileError when it is missing or outside the root */
export async function siteFolder(sitesRoot: string, site: string): Promise<string> {
  if (!isSiteName(site)) {
    throw new SqlconfFileError(
      'site-name',
      sitesRoot,
      `The name of the site in ${sitesRoot} is not a plain folder name.`,
    );
  }
  const root = await resolveFolder(
    sitesRoot,
    'missing-root',
    `The sites folder ${sitesRoot} does not exist; is its volume mounted?`,
  );
  const wanted = path.join(root, site);
  const missing = `The sites folder ${sitesRoot} has no site "${site}"; is its volume mounted, and OpenEMR installed?`;
  const folder = await resolveFolder(wanted, 'missing', missing);
  if (folder !== wanted && !folder.startsWith(root + path.sep)) {
    throw new SqlconfFileError(
      'outside',
      wanted,
      `${wanted} is a symbolic link that leads out of ${sitesRoot}.`,
    );
  }
  return folder;
}

async function resolveFolder(
  folder: string,
  kind: 'missing-root' | 'missing',
  missing: string,
): Promise<string> {
  try {
    const resolved = await retryStale(() => realpath(folder));
    if ((await retryStale(() => lstat(resolved))).isDirectory()) return resolved;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new SqlconfFileError(kind, folder, missing, { cause: error });
    if (code !== 'ENOTDIR') throw await deniedError(error, 'look into', folder);
  }
  throw new SqlconfFileError('not-a-file', folder, `${folder} is not a folder.`);
}

/** Reads a file after checking that it is plain; never waits for a FIFO and never follows a link. */
export function readPlainFile(file: string): Promise<SqlconfFile> {
  return retryStale(() => readOnce(file));
}

async function readOnce(file: string): Promise<SqlconfFile> {
  await askForNames(path.dirname(file));
  const handle = await openPlainFile(file);
  try {
    const stats = await handle.stat();
    const bytes = await readWhole(handle, file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      path: file,
      bytes,
      sha256,
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      inode: stats.ino,
      modifiedAt: stats.mtime,
    };
  } finally {
    await handle.close();
  }
}

/**
 * Makes the client of a network share ask its server whether names in this folder have changed: opening a folder does, opening
 * a file in it does not, for as long as the client trusts what it knows (nfs(5), "Data and metadata coherence"). Without the
 * right to list the folder nothing happens.
 */
async function askForNames(folder: string): Promise<void> {
  try {
    await (await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)).close();
  } catch (error) {
    if (fileErrorCode(error) === 'ESTALE') throw error;
  }
}

/** Opens a plain file with a single name for reading; the caller closes it. */
export async function openPlainFile(file: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw refusalOfOpen(error, file);
  }
  try {
    assertPlain(await handle.stat(), file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refusalOfOpen(error: unknown, file: string): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
      return new SqlconfFileError(
        'missing',
        file,
        `${file} does not exist; is its volume mounted, and OpenEMR installed?`,
        {
          cause: error,
        },
      );
    case 'ELOOP':
      return new SqlconfFileError('symlink', file, `${file} is a symbolic link; put the file itself there.`);
    case 'ENXIO':
      return new SqlconfFileError('not-a-file', file, `${file} is not a plain file.`);
    default:
      return error;
  }
}

function assertPlain(stats: Stats, file: string): void {
  if (!stats.isFile()) throw new SqlconfFileError('not-a-file', file, `${file} is not a plain file.`);
  // Only a file that another client has replaced since its name was looked up.
  if (stats.nlink === 0) throw Object.assign(new Error(`${file} was replaced`), { code: 'ESTALE' });
  if (stats.nlink !== 1) {
    throw new SqlconfFileError(
      'hard-link',
      file,
      `${file} has other hard links, which would keep the old login; remove them.`,
    );
  }
  if (stats.size > largestFile) throw tooLarge(file);
}

async function readWhole(handle: FileHandle, file: string): Promise<Buffer> {
  const buffer = Buffer.alloc(largestFile + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return Buffer.from(buffer.subarray(0, length));
    length += bytesRead;
    if (length > largestFile) throw tooLarge(file);
  }
}

function tooLarge(file: string): SqlconfFileError {
  return new SqlconfFileError('too-large', file, `${file} is larger than 1 MiB.`);
}
