import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LoadCount } from '../history/pastRotation';

/** Folder below `home` where whoever makes load may leave what it counted, as `<rotation id>.json`. */
export const loadFolder = 'load';

/** The counted requests of these rotations. Files that are missing or of another shape count nothing. */
export async function readLoads(home: string, ids: ReadonlySet<string>): Promise<Map<string, LoadCount>> {
  const folder = path.join(home, loadFolder);
  const names = await readdir(folder).catch(() => []);
  const wanted = names.filter((name) => name.endsWith('.json') && ids.has(name.slice(0, -'.json'.length)));
  const found = await Promise.all(
    wanted.map(async (name) => {
      const text = await readFile(path.join(folder, name), 'utf8').catch(() => '');
      return [name.slice(0, -'.json'.length), parseLoad(text)] as const;
    }),
  );
  return new Map(found.filter((each): each is [string, LoadCount] => each[1] !== undefined));
}

/** Reads `{"requests":n,"failed":n,"failures":[{"at":ISO time,"kind":text}]}`. */
export function parseLoad(text: string): LoadCount | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { requests, failed, failures } = value as Record<string, unknown>;
  if (!isCount(requests) || !isCount(failed)) return undefined;
  const list = Array.isArray(failures) ? (failures as unknown[]) : [];
  return { requests, failed, failures: list.flatMap(readFailure) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readFailure(value: unknown): LoadCount['failures'] {
  if (typeof value !== 'object' || value === null) return [];
  const { at, kind } = value as Record<string, unknown>;
  if (typeof at !== 'string' || typeof kind !== 'string' || Number.isNaN(Date.parse(at))) return [];
  return [{ at: new Date(at).toISOString(), kind }];
}
