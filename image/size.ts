import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Bytes of a file, or of all files below a folder, as `du --apparent-size` counts them; links have none. */
export function bytesOf(file: string): number {
  const stat = lstatSync(file);
  if (!stat.isDirectory()) return stat.isFile() ? stat.size : 0;
  return readdirSync(file).reduce((sum, name) => sum + bytesOf(path.join(file, name)), 0);
}

/** Bytes as a document says them: whole MB of 1024 times 1024 bytes, small ones with one decimal. */
export function megabytes(bytes: number): string {
  const value = bytes / 1024 / 1024;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} MB`;
}
