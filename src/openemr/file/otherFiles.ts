import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from './errors';
import type { SqlconfFile } from './read';
import { fileName, largestFile } from './read';
import { withinLimit } from './limit';
import { fileErrorCode, retryStale } from './stale';

/** The `sqlconf.php` of another site, or why it could not be read. */
export type OtherFile = { path: string; bytes: Buffer } | { path: string; problem: string };

/** Files that are read at once: enough to hide a network share's latency, and no burden for it nor for Node.js's threads. */
const atOnce = 16;

/**
 * Reads `sqlconf.php` of all sites but the own one, as PHP would: links are followed. A folder without such a file is
 * no site, and a link to the own file is not another one.
 * @throws SqlconfFileError when the sites folder cannot be listed
 */
export async function readOtherFiles(
  sitesRoot: string,
  own: Pick<SqlconfFile, 'path'>,
): Promise<OtherFile[]> {
  const names = await withinLimit(sitesRoot, () => retryStale(() => readdir(sitesRoot))).catch(
    (error: unknown) => {
      throw fileError(error, 'list the sites in', sitesRoot);
    },
  );
  const files = names.sort().map((name) => path.join(sitesRoot, name, fileName));
  const found: OtherFile[] = [];
  for (let from = 0; from < files.length; from += atOnce) {
    const part = files.slice(from, from + atOnce);
    const some = await withinLimit(sitesRoot, () =>
      Promise.all(part.map((file) => readOther(file, own.path))),
    );
    found.push(...some.filter((each) => each !== undefined));
  }
  return found;
}

async function readOther(file: string, own: string): Promise<OtherFile | undefined> {
  try {
    return await retryStale(async () =>
      (await realpath(file)) === own ? undefined : await readFollowing(file),
    );
  } catch (error) {
    const code = fileErrorCode(error);
    // Not there, or not in a folder: no site. A loop of links is nothing that PHP could read either.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes(code)) return undefined;
    return { path: file, problem: code || 'an unknown error' };
  }
}

async function readFollowing(file: string): Promise<OtherFile> {
  // Without O_NONBLOCK a FIFO would be waited for.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile() && !stats.isDirectory()) return { path: file, problem: 'it is not a plain file' };
    if (stats.size > largestFile) return { path: file, problem: 'it is larger than 1 MiB' };
    return { path: file, bytes: await handle.readFile() };
  } finally {
    await handle.close();
  }
}
