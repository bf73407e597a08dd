import { copyFile, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../base/failure';
import { brokenMetadata, engineFolder } from './fileBackend';
import { temporaryFolder } from './temporaryFolder';
import type { StackLocation } from '../target/location';

/** Where a command that only looks lets the engine work. */
export interface ReadingPlace {
  location: StackLocation;
  release: () => Promise<void>;
}

/**
 * A place for a command that only looks: its home is a temporary folder, so that nothing is written to the real one. A
 * `file://` backend with metadata that a killed run has cut off, which the engine cannot read, is looked at as a copy
 * without them: repairing it is left to the run that holds the lock.
 */
export async function readingPlace(location: StackLocation): Promise<ReadingPlace> {
  const home = await temporaryFolder('preview');
  const release = (): Promise<void> => rm(home, { recursive: true, force: true });
  try {
    const folder = engineFolder(location.backendUrl);
    const broken = folder === undefined ? [] : brokenMetadata(folder);
    if (folder === undefined || broken.length === 0) return { location: { ...location, home }, release };
    const copy = path.join(home, 'state');
    await linkTree(folder, path.join(copy, '.pulumi'), new Set(broken));
    return { location: { ...location, home, backendUrl: `file://${copy}` }, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Reads the state from a {@link readingPlace}.
 * @throws what the action throws; a Failure names the real backend
 */
export async function readingAt<T>(
  location: StackLocation,
  action: (at: StackLocation) => Promise<T>,
): Promise<T> {
  const place = await readingPlace(location);
  try {
    return await action(place.location);
  } catch (error) {
    throw ofBackend(error, place.location, location);
  } finally {
    await place.release();
  }
}

/** The failure in the words of the real place: nobody finds a copy that is gone. */
export function ofBackend(error: unknown, copy: StackLocation, real: StackLocation): unknown {
  if (!(error instanceof Failure) || !error.message.includes(copy.backendUrl)) return error;
  if (copy.backendUrl === real.backendUrl) return error;
  return error.saying(error.message.replaceAll(copy.backendUrl, real.backendUrl));
}

/** A tree of links to the files of another one. The engine writes metadata in place: those are copied. */
async function linkTree(from: string, to: string, without: ReadonlySet<string>): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target, without);
    else if (without.has(source)) continue;
    else if (entry.name.endsWith('.attrs')) await copyFile(source, target);
    else await symlink(source, target);
  }
}
