import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { projectName } from '../settings/settings';
import { folderOf } from '../settings/surroundings';
import { effect } from '../base/effect';

/** Where the engine keeps everything in a `file://` backend; undefined for other backends. */
export function engineFolder(backendUrl: string): string | undefined {
  const folder = folderOf(backendUrl);
  return folder === undefined ? undefined : path.join(folder, '.pulumi');
}

/** Entries of the history whose metadata is looked at: the newest ones, as older ones were read since. */
const newestEntries = 16;

/**
 * Repairs what a killed engine can leave in a `file://` backend: the engine writes each file by a rename, but the
 * metadata beside it (`*.attrs`, gocloud.dev/blob/fileblob) in place, and cannot read a state whose metadata is cut
 * off ("failed to load checkpoint: EOF"). Missing metadata is fine, so broken ones are removed. Other backends have none.
 * Only for who holds the database lock: what is being written just now looks the same.
 * Without a wait where nothing is broken: the engine, which takes longer than all else, is to be started next.
 */
export async function mendFileBackend(backendUrl: string): Promise<void> {
  const folder = engineFolder(backendUrl);
  if (folder === undefined) return;
  for (const file of brokenMetadata(folder))
    await effect('state: remove cut-off metadata', async () => rmSync(file, { force: true }));
}

/** Metadata that are cut off, in a backend's `.pulumi` folder. Without a wait, see above. */
export function brokenMetadata(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const metadata = names.filter((name) => name.endsWith('.attrs'));
  const isOfHistory = (name: string): boolean => name.startsWith(`history${path.sep}`);
  // Two files of each update, with its time in their names: years of them need not be read again for each rotation.
  const history = metadata.filter(isOfHistory).sort((one, other) => newestFirst(one, other));
  const files = [...metadata.filter((name) => !isOfHistory(name)), ...history.slice(0, newestEntries)];
  return files.map((name) => path.join(folder, name)).filter((file) => !isJson(file));
}

/** By the nanoseconds in names such as `prod-1795470213303222146.history.json.attrs`, of whatever stack. */
function newestFirst(one: string, other: string): number {
  const time = (name: string): number => Number(/-(\d+)\.\w+\.json\.attrs$/.exec(name)?.[1] ?? 0);
  return time(other) - time(one);
}

/**
 * Clears the lock of a stack whose state is gone: the engine makes no stack where a lock is, and clears no lock where
 * no stack is. Only for who holds the database lock, so that no other run is alive.
 * @returns false when the backend is no folder, and nothing was done
 */
export async function clearLockWithoutState(backendUrl: string, stack: string): Promise<boolean> {
  const folder = engineFolder(backendUrl);
  if (folder === undefined) return false;
  const locks = path.join(folder, 'locks', 'organization', projectName, stack);
  await effect('state: remove the lock of a state that is gone', () =>
    rm(locks, { recursive: true, force: true }),
  );
  return true;
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}
