import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../base/failure';
import { effect } from '../../base/effect';
import { deniedError } from './denied';
import { inWritableFolder } from './folder';
import { withinLimit } from './limit';
import type { SqlconfFile } from './read';
import { fileName } from './read';
import { fileErrorCode, retryStale } from './stale';
import { writeBeside } from './writeBeside';

/** Each rotation has a folder of its own: what an NFS client remembers of another one's says nothing of it. */
const hiddenFolder = /^\.credential-rotation-canary-[0-9a-f]{16}$/;

/**
 * Writes another text of `sqlconf.php` for one pod alone: into a hidden folder beside the real file, where OpenEMR, which
 * takes each folder of `sites/` for a site, does not look. Owner, mode and attributes are the real file's. `guard` is
 * called right before each write.
 * @returns the folder's name
 * @throws SqlconfFileError
 */
export async function writeCanaryFile(
  real: SqlconfFile,
  bytes: Buffer,
  guard: () => Promise<void>,
): Promise<string> {
  const site = path.dirname(real.path);
  const name = `.credential-rotation-canary-${randomBytes(8).toString('hex')}`;
  const folder = path.join(site, name);
  try {
    await inWritableFolder(site, guard, async () => {
      await effect('file: make the canary folder', async () => {
        await guard();
        await withinLimit(folder, () => mkdir(folder, 0o700));
      });
      await effect('file: write the canary file', async () => {
        await guard();
        await withinLimit(folder, async () => {
          await writeBeside(path.join(folder, fileName), bytes, real, real.mode);
          await likeFolder(folder, site);
        });
      });
    });
  } catch (error) {
    throw error instanceof Failure ? error : await deniedError(error, 'write below', folder);
  }
  return name;
}

/** Whoever may look into the site's folder may look into this one: on some shares the kubelet is nobody special. */
async function likeFolder(folder: string, site: string): Promise<void> {
  const { uid, gid, mode } = await lstat(site);
  const handle = await open(folder);
  try {
    await handle.chmod((mode & 0o777) | 0o500);
    await handle.chown(uid, gid).catch(() => undefined);
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}

/** The canary folders in a site's folder. */
export async function canaryFolders(site: string): Promise<string[]> {
  const entries = await retryStale(() => readdir(site, { withFileTypes: true }));
  return entries.filter((each) => each.isDirectory() && hiddenFolder.test(each.name)).map(({ name }) => name);
}

/**
 * Removes every canary folder of a site, those of runs that were killed included: each holds a password. `guard` as of
 * {@link writeCanaryFile}.
 * @throws SqlconfFileError
 */
export async function removeCanaryFiles(site: string, guard: () => Promise<void>): Promise<void> {
  try {
    const names = await withinLimit(site, () => canaryFolders(site));
    if (names.length === 0) return;
    await inWritableFolder(site, guard, async () => {
      for (const name of names) await removeFolder(path.join(site, name), guard);
    });
  } catch (error) {
    throw error instanceof Failure ? error : await deniedError(error, 'clean up in', site);
  }
}

async function removeFolder(folder: string, guard: () => Promise<void>): Promise<void> {
  await inWritableFolder(folder, guard, async () => {
    for (const name of await withinLimit(folder, () => readdir(folder)))
      await effect('file: remove the canary file', async () => {
        await guard();
        await withinLimit(folder, () => unlink(path.join(folder, name)));
      });
  });
  await effect('file: remove the canary folder', async () => {
    await guard();
    await withinLimit(folder, () => rmdir(folder)).catch((error: unknown) => {
      if (fileErrorCode(error) !== 'ENOENT') throw error;
    });
  });
}
