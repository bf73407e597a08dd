import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { access, lstat, open } from 'node:fs/promises';
import { effect } from '../../base/effect';
import { SqlconfFileError } from './errors';
import { withinLimit } from './limit';
import { isInGroup, may, octal, whoAmI } from './process';
import type { SqlconfFile } from './read';
import { fileErrorCode, retryStale } from './stale';

/**
 * OpenEMR's image takes the right to write from the site's folder (0500) at each start of a pod. A folder that is opened
 * for a write carries these two bits as well: set-uid means nothing on a folder, and no one sets both. So the mode that it
 * had is the one without them, and without the owner's right to write; a kill loses nothing of that.
 */
const opened = 0o5200;

/** Whether a folder has the mode of one that a killed run left open. */
export function isLeftOpen(mode: number): boolean {
  return (mode & opened) === opened;
}

/**
 * Does something in a folder that the owner may not write to at other times, and gives the folder its mode again.
 * `guard` is called right before each change of the mode.
 * @throws SqlconfFileError when this process may not write there even so
 */
export async function inWritableFolder<T>(
  folder: string,
  guard: () => Promise<void>,
  action: () => Promise<T>,
): Promise<T> {
  const mode = await openUp(folder, guard);
  if (mode === undefined) return action();
  let result: T;
  try {
    result = await action();
  } catch (error) {
    await putBack(folder, mode, guard).catch(() => undefined);
    throw error;
  }
  await putBack(folder, mode, guard);
  return result;
}

/** @returns the mode to give back, or undefined where nothing was changed */
async function openUp(folder: string, guard: () => Promise<void>): Promise<number | undefined> {
  const [stats, isOpen] = await withinLimit(
    folder,
    async () => [await retryStale(() => lstat(folder)), await mayWriteTo(folder)] as const,
  );
  const mode = stats.mode & 0o7777;
  if (isLeftOpen(mode)) return mode & ~opened;
  if (isOpen) return undefined;
  await effect('file: open the folder', async () => {
    await guard();
    await changeMode(folder, mode, mode | opened);
  }).catch((error: unknown) => {
    if (['EPERM', 'EACCES'].includes(fileErrorCode(error))) throw notWritable(folder, stats);
    throw error;
  });
  if (await withinLimit(folder, () => mayWriteTo(folder))) return mode;
  await putBack(folder, mode, guard);
  throw notWritable(folder, stats);
}

/** Unless somebody set another mode meanwhile, as the start of a pod does. What fails here is done by the next run. */
async function putBack(folder: string, mode: number, guard: () => Promise<void>): Promise<void> {
  await effect('file: close the folder', async () => {
    await guard();
    await changeMode(folder, mode | opened, mode).catch(() => undefined);
  });
}

function changeMode(folder: string, from: number, to: number): Promise<void> {
  return withinLimit(folder, (assertWaitedFor) =>
    retryStale(async () => {
      const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        if (((await handle.stat()).mode & 0o7777) !== from) return;
        assertWaitedFor();
        await handle.chmod(to);
      } finally {
        await handle.close();
      }
    }),
  );
}

async function mayWriteTo(folder: string): Promise<boolean> {
  try {
    await retryStale(() => access(folder, constants.W_OK | constants.X_OK));
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'EACCES') return false;
    throw error;
  }
}

/**
 * Finds out without a write whether {@link inWritableFolder} would get into the file's folder.
 * @returns the problem, or undefined
 */
export async function openingProblem(
  folder: string,
  stats: Stats,
  file: SqlconfFile,
): Promise<SqlconfFileError | undefined> {
  if (await mayWriteTo(folder)) return undefined;
  if (!actsAsOwner(stats, file)) return notWritable(folder, stats);
  // The kernel would drop this bit without a word, and nobody but root could put it back.
  if ((stats.mode & 0o2000) !== 0 && !isInGroup(stats.gid) && !may('FSETID'))
    return notWritable(folder, stats);
  return undefined;
}

/**
 * Whether the server of the files takes this process for the folder's owner. Behind an EFS access point every client is
 * the user of the access point, whatever it runs as: it shows where a file was read that only its owner may read.
 */
function actsAsOwner(folder: Stats, file: SqlconfFile): boolean {
  if (folder.uid === process.geteuid?.()) return true;
  if (folder.uid !== file.uid) return false;
  const readByOthers = (file.mode & 0o004) !== 0 || ((file.mode & 0o040) !== 0 && isInGroup(file.gid));
  // With DAC_OVERRIDE a refusal comes from the server, so that what was read was read by the server's leave, too.
  return !readByOthers && (may('DAC_OVERRIDE') || !may('DAC_READ_SEARCH'));
}

function notWritable(folder: string, { mode, uid, gid }: Stats): SqlconfFileError {
  const message =
    `${folder} has mode ${octal(mode)} and belongs to user ${uid}, group ${gid}; permission to replace a file there ` +
    `is denied to this process, which is ${whoAmI()}: run as user ${uid}, as root with the capabilities CHOWN, FOWNER and ` +
    `DAC_OVERRIDE, or through an EFS access point of that user.`;
  return new SqlconfFileError('permission', folder, message);
}
