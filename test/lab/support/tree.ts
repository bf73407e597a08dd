import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The paths of all entries below a folder, from it; links are not followed, since in an image they lead elsewhere. */
export function entriesBelow(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const below = entry.isDirectory() ? entriesBelow(path.join(root, entry.name)) : [];
    return [entry.name, ...below.map((name) => path.join(entry.name, name))];
  });
}

/** Every entry of a tree with what changes when somebody writes there; not ctime, which another lab's hard link changes. */
export function fingerprint(root: string): string[] {
  return entriesBelow(root).map((name) => {
    const { size, mtimeMs, mode, ino } = lstatSync(path.join(root, name));
    return `${name} ${size} ${mtimeMs} ${mode} ${ino}`;
  });
}
