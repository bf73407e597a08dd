import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../base/failure';
import { effect } from '../../base/effect';
import { canaryFolders, removeCanaryFiles } from './canaryFile';
import { deniedError } from './denied';
import { SqlconfFileError } from './errors';
import { inWritableFolder, isLeftOpen } from './folder';
import { withinLimit } from './limit';
import { readPlainFile, siteFolder } from './read';
import type { SqlconfFile } from './read';
import { fileErrorCode, retryStale } from './stale';
import { writeBeside } from './writeBeside';

/** A dot name that ends in .php: a web server hides it or runs it, but never shows its text. */
const leftover = /^\.sqlconf\.[0-9a-f]{16}\.php$/;
/**
 * What the Python tool that came before leaves when it is killed at its write: a name of Python's tempfile, open to all,
 * which a web server shows as text.
 */
const leftoverOfPython = /^\.sqlconf\.php\.[a-z0-9_]{8}$/;

/** A pod that starts just now takes the right to write from the folder again. */
const tries = 3;

/** How a write is made; the defaults keep the mode and ask nobody. */
interface WriteOptions {
  mode?: number;
  guard?: () => Promise<void>;
}

/**
 * Puts new content in the place of `before` in one step, with its owner and its mode (or the given one). Where the
 * folder's owner has no right to write, it is given for the moment. `guard` is called right before each of its writes,
 * and throws when this run must not write any more.
 * @returns the file as read back
 * @throws SqlconfFileError; with any kind but `not-written` the old file is still in place, byte for byte
 */
export async function writeSqlconf(
  before: SqlconfFile,
  bytes: Buffer,
  options: WriteOptions = {},
): Promise<SqlconfFile> {
  const { mode = before.mode, guard = async () => undefined } = options;
  const folder = path.dirname(before.path);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await inWritableFolder(folder, guard, () => replace(before, bytes, mode, guard));
      break;
    } catch (error) {
      const failure = error instanceof Failure ? error : await deniedError(error, 'replace', before.path);
      if (attempt === tries || !(await wasClosedAgain(failure, folder))) throw failure;
    }
  }
  return readBack(before.path, bytes, mode);
}

async function wasClosedAgain(failure: Failure, folder: string): Promise<boolean> {
  if (!(failure instanceof SqlconfFileError) || failure.kind !== 'permission') return false;
  const stats = await withinLimit(folder, () => lstat(folder)).catch(() => undefined);
  return stats !== undefined && (stats.mode & 0o200) === 0;
}

async function replace(
  before: SqlconfFile,
  bytes: Buffer,
  mode: number,
  guard: () => Promise<void>,
): Promise<void> {
  const folder = path.dirname(before.path);
  await withinLimit(folder, () => removeLeftovers(folder));
  const beside = path.join(folder, `.sqlconf.${randomBytes(8).toString('hex')}.php`);
  try {
    await effect('file: write beside', async () => {
      await guard();
      await withinLimit(folder, () => writeBeside(beside, bytes, before, mode));
    });
    await effect('file: rename', async () => {
      await guard();
      await withinLimit(folder, async (assertWaitedFor) => {
        // At the last moment: no call replaces a file on condition that nobody else did.
        await assertUnchanged(before);
        assertWaitedFor();
        await rename(beside, before.path);
        await syncFolder(folder);
      });
    });
  } catch (error) {
    await effect('file: remove what was written beside', () =>
      withinLimit(folder, () => unlink(beside)),
    ).catch(() => undefined);
    throw error;
  }
}

async function assertUnchanged(before: SqlconfFile): Promise<void> {
  const now = await readPlainFile(before.path);
  if (now.inode === before.inode && now.sha256 === before.sha256) return;
  const message = `${before.path} was changed by somebody else after it was read, and was left as it is; run again.`;
  throw new SqlconfFileError('changed', before.path, message);
}

function syncFolder(folder: string): Promise<void> {
  return retryStale(() => syncOnce(folder));
}

async function syncOnce(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder; there the rename is on the server when it returns.
    if (!['EINVAL', 'ENOTSUP'].includes(fileErrorCode(error))) throw error;
  } finally {
    await handle.close();
  }
}

async function readBack(file: string, bytes: Buffer, mode: number): Promise<SqlconfFile> {
  let after: SqlconfFile;
  try {
    after = await withinLimit(file, () => readPlainFile(file));
  } catch (error) {
    throw notWritten(file, error);
  }
  // Above these bits the kernel may drop some by itself.
  if (!after.bytes.equals(bytes) || (after.mode & 0o777) !== (mode & 0o777)) throw notWritten(file);
  return after;
}

function notWritten(file: string, cause?: unknown): SqlconfFileError {
  const message = `${file} was replaced but does not read back as it was written; look at it before anything else.`;
  return new SqlconfFileError('not-written', file, message, { cause });
}

/**
 * Removes what a killed run left beside the site's file, and gives the folder the mode that it had. For the start of a
 * run that holds the lock: the next write, which cleans up too, may be long in coming. What cannot be removed now stops
 * that write, and nothing before it.
 */
export async function cleanUp(
  sitesRoot: string,
  site: string,
  guard: () => Promise<void> = async () => undefined,
): Promise<void> {
  try {
    const { folder, left } = await withinLimit(sitesRoot, async () => {
      const found = await siteFolder(sitesRoot, site);
      const names = [...(await leftovers(found)), ...(await canaryFolders(found))];
      return { folder: found, left: names.length > 0 || isLeftOpen((await lstat(found)).mode) };
    });
    const remove = async (): Promise<void> => {
      await withinLimit(folder, () => removeLeftovers(folder));
      await removeCanaryFiles(folder, guard);
    };
    if (left) await inWritableFolder(folder, guard, remove);
  } catch {
    // Said by what reads or writes there next.
  }
}

/** Removes what a run that was killed between write and rename has left: such a file holds a password. */
async function removeLeftovers(folder: string): Promise<void> {
  try {
    for (const file of await leftovers(folder)) await effect('file: remove leftover', () => unlink(file));
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT') throw await deniedError(error, 'clean up in', folder);
  }
}

async function leftovers(folder: string): Promise<string[]> {
  const names = (await retryStale(() => readdir(folder))).filter(
    (name) => leftover.test(name) || leftoverOfPython.test(name),
  );
  const files = names.map((name) => path.join(folder, name));
  const plain = await Promise.all(files.map(async (file) => (await lstat(file)).isFile()));
  return files.filter((_, index) => plain[index]);
}
