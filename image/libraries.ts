import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Architecture } from './architecture';
import { machines } from './architecture';
import { readElf } from './elf';

/** A shared library: where programs look for it, and the file that is there. */
export interface Library {
  place: string;
  file: string;
}

/**
 * The shared libraries that programs load, each once, with the loader itself: what ldd says, but of programs for another kind
 * of processor, too. Scripts and static programs load none.
 * @param system the root folder of the Debian that has the libraries
 * @throws Error naming a library that is not installed there
 */
export function librariesOf(
  programs: readonly string[],
  system: string,
  architecture: Architecture,
): Library[] {
  const found = new Map<string, Library>();
  const open = [...programs];
  for (let program = open.pop(); program !== undefined; program = open.pop()) {
    const elf = readElf(program);
    if (elf === undefined) continue;
    const names = [...elf.needed, ...(elf.interpreter === undefined ? [] : [elf.interpreter])];
    for (const name of names) {
      const { at, file } = placeOf(name, system, architecture);
      const place = merged(at);
      if (found.has(place)) continue;
      found.set(place, { place, file });
      open.push(file);
    }
  }
  return withoutDoubles([...found.values()]);
}

/** Where Debian has a library, or the loader, which is named with its folder; and the file itself. */
function placeOf(name: string, system: string, architecture: Architecture): { at: string; file: string } {
  const { triplet } = machines[architecture];
  const folders = [`/usr/lib/${triplet}`, `/lib/${triplet}`, '/usr/lib', '/lib'];
  const places = name.startsWith('/') ? [name] : folders.map((folder) => path.join(folder, name));
  for (const at of places) {
    const file = fileIn(system, at);
    if (file !== undefined) return { at, file: realpathSync(file) };
  }
  throw new Error(`the library ${name} is not installed in ${system}`);
}

/**
 * The file that is meant by a path of another system, whose links, to absolute paths too, are followed within it; undefined
 * where there is none.
 */
export function fileIn(system: string, at: string): string | undefined {
  const file = path.join(system, at);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() !== true) return stat && file;
  return fileIn(system, path.resolve(path.dirname(at), readlinkSync(file)));
}

/** The loader is named by programs with its folder, and by the C library without: the one with its folder counts. */
function withoutDoubles(libraries: readonly Library[]): Library[] {
  const named = new Set(libraries.filter(({ place }) => isLoader(place)).map(({ file }) => file));
  return libraries.filter(({ place, file }) => isLoader(place) || !named.has(file));
}

function isLoader(place: string): boolean {
  return /^\/usr\/lib(?:64)?\/ld-linux/.test(place);
}

/** In the image /lib and /lib64 are links into /usr, as in Debian. */
export function merged(file: string): string {
  return /^\/(?:bin|sbin|lib|lib64)\//.test(file) ? path.join('/usr', file) : file;
}
