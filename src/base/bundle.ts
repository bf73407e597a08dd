import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Folders of compiled modules, from `dist`, that each bundle is made of. */
export const bundledFolders = { src: ['src'], lab: ['lab/plugins'] };

/**
 * A bundle that is as new as all the modules it was made of; undefined when it is older, or not there. So a module that
 * was compiled anew counts at once, and a bundle only ever saves time.
 * @param dist the folder of compiled files
 * @param name of the bundle, below `dist/bundle`
 */
export function freshBundle(dist: string, name: string, of: keyof typeof bundledFolders): string | undefined {
  const file = path.join(dist, 'bundle', name);
  const made = timeOf(file);
  if (made === undefined) return undefined;
  // npm writes this file whenever it installs something.
  const installed = timeOf(path.join(dist, '..', 'node_modules', '.package-lock.json'));
  if (installed !== undefined && installed > made) return undefined;
  // The compiler writes its notes whenever it has written a module, of the tests, too.
  const compiled = timeOf(path.join(dist, '.tsbuildinfo'));
  if (compiled === undefined || compiled <= made) return file;
  const folders = bundledFolders[of].map((folder) => path.join(dist, folder));
  return folders.every((folder) => isOlder(folder, made)) ? file : undefined;
}

function isOlder(folder: string, made: number): boolean {
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return isOlder(file, made);
    return !entry.name.endsWith('.js') || (timeOf(file) ?? 0) <= made;
  });
}

function timeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
