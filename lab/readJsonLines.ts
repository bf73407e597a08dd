import { existsSync, readFileSync } from 'node:fs';

/** The objects of a file that has one a line; none where there is no such file. */
export function readJsonLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
