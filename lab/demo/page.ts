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
 * Leaves the counted requests where `history` looks for them (docs/json-history.md).
 * @param home the product's private folder
 * @param output what the rotation printed: its id stands there
 */
export async function leaveLoad(home: string, output: string, requests: LoadResult): Promise<void> {
  const id = /^(?:Plan|Finishing) (\S+):/m.exec(output)?.[1];
  // A run that was refused has made no plan.
  if (id === undefined) return;
  const { requests: sent, failed, failedAt: failures } = requests;
  const folder = path.join(home, 'load');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${id}.json`), JSON.stringify({ requests: sent, failed, failures }));
}
