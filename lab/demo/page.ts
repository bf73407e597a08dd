import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LoadResult } from '..';
import { packageRoot } from '../package';

/** Where the page of the history is written, from the package's folder; it stays when the lab has gone. */
export const PAGE = path.join('dist', 'rotations.html');

/** The page as an absolute path. */
export function pageFile(): string {
  return path.join(packageRoot(), PAGE);
}

/**
 * Leaves the counted requests for `history --load` (docs/json-history.md).
 * @param folder where the file may lie
 * @param output what the rotation printed: its id stands there
 * @returns the file
 */
export async function leaveLoad(folder: string, output: string, requests: LoadResult): Promise<string> {
  const id = /^(?:Plan|Finishing) (\S+):/m.exec(output)?.[1];
  const { requests: sent, failed, failedAt: failures } = requests;
  const file = path.join(folder, 'load.json');
  // A run that was refused has made no plan.
  const loads = id === undefined ? {} : { [id]: { requests: sent, failed, failures } };
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(loads));
  return file;
}
