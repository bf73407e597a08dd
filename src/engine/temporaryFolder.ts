import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const prefix = 'credential-rotation-';
/** No run needs its folder for so long, in ms. */
const leftAfterMs = 60 * 60 * 1000;

/**
 * Makes a private folder for a run, which removes it at its end. What killed runs have left is removed first.
 * @param kind what it is for; a part of its name
 * @throws Error of the system when none can be made
 */
export async function temporaryFolder(kind: 'preview' | 'plan'): Promise<string> {
  await removeLeftFolders();
  return mkdtemp(path.join(tmpdir(), `${prefix}${kind}-`));
}

async function removeLeftFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const ours = names.filter(
    (name) => name.startsWith(`${prefix}preview-`) || name.startsWith(`${prefix}plan-`),
  );
  await Promise.all(
    ours.map(async (name) => {
      const folder = path.join(tmpdir(), name);
      const found = await lstat(folder).catch(() => undefined);
      const isOurs = found?.isDirectory() === true && found.uid === process.getuid?.();
      // A folder from the future, of a clock that was wrong, is as old as one from the past.
      if (!isOurs || Math.abs(Date.now() - found.mtimeMs) < leftAfterMs) return;
      // To tidy up is no reason to fail.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }),
  );
}
