import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A module of the kernel. */
export interface KernelModule {
  name: string;
  bytes: Buffer;
}

/**
 * Modules of a kernel and all that they need, in an order in which they can be loaded.
 *
 * @param tree the folder that has the kernel's `lib/modules/VERSION`
 * @throws Error when one is not there; what is built into the kernel has to be left out
 */
export function modulesInOrder(tree: string, version: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  const base = path.join(tree, 'lib', 'modules', version, 'kernel');
  for (const entry of readdirSync(base, { recursive: true, withFileTypes: true }))
    if (entry.name.endsWith('.ko')) files.set(nameOf(entry.name), path.join(entry.parentPath, entry.name));
  const taken = new Map<string, Buffer>();
  const take = (name: string): void => {
    if (taken.has(name)) return;
    const file = files.get(name);
    if (file === undefined) throw new Error(`the kernel ${version} has no module ${name}`);
    const bytes = readFileSync(file);
    for (const needed of neededBy(bytes)) take(needed);
    taken.set(name, bytes);
  };
  for (const name of names) take(nameOf(name));
  return [...taken].map(([name, bytes]) => ({ name, bytes }));
}

function nameOf(file: string): string {
  return path.basename(file, '.ko').replaceAll('-', '_');
}

/** What a module says that it needs, as modinfo(8) shows it. */
function neededBy(bytes: Buffer): string[] {
  const key = '\0depends=';
  const found = bytes.indexOf(key);
  if (found < 0) return [];
  const begin = found + key.length;
  const text = bytes.toString('latin1', begin, bytes.indexOf(0, begin));
  return text
    .split(',')
    .filter((name) => name !== '')
    .map(nameOf);
}
