import { readdir, readFile, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { projectName } from '../settings/settings';

/** Where the engine keeps everything in a `file://` backend; undefined for other backends. */
function engineFolder(backendUrl: string): string | undefined {
  if (!backendUrl.startsWith('file://')) return undefined;
  return path.join(backendUrl.slice('file://'.length).split('?')[0] ?? '', '.pulumi');
}

/**
 * Mends what a killed engine can leave in a `file://` backend: the engine writes each file by a rename, but the
 * metadata beside it (`*.attrs`, gocloud.dev/blob/fileblob) in place, and cannot read a state whose metadata is cut
 * off ("failed to load checkpoint: EOF"). Missing metadata is fine, so broken ones are removed. Other backends have none.
 */
export async function mendFileBackend(backendUrl: string): Promise<void> {
  const folder = engineFolder(backendUrl);
  if (folder === undefined) return;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.attrs')).map((name) => path.join(folder, name));
  await Promise.all(
    files.map(async (file) => {
      if (!(await isJson(file))) await unlink(file).catch(() => undefined);
    }),
  );
}

/**
 * Clears the lock of a stack whose state is gone: the engine makes no stack where a lock is, and clears no lock where
 * no stack is. Only for who holds the database lock, so that no other run is alive.
 * @returns false when the backend is no folder, and nothing was done
 */
export async function clearLockWithoutState(backendUrl: string, stack: string): Promise<boolean> {
  const folder = engineFolder(backendUrl);
  if (folder === undefined) return false;
  await rm(path.join(folder, 'locks', 'organization', projectName, stack), { recursive: true, force: true });
  return true;
}

async function isJson(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}
