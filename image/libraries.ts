import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';

/** A shared library: where programs look for it, and the file that is there. */
export interface Library {
  place: string;
  file: string;
}

/** The shared libraries that programs load, each once, with the loader itself, by ldd. */
export function librariesOf(programs: readonly string[]): Library[] {
  const found = new Map<string, Library>();
  for (const program of programs) {
    // A script or a static program has none; ldd then ends with an error.
    const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
    for (const file of librariesIn(stdout))
      found.set(file, { place: merged(file), file: realpathSync(file) });
  }
  return [...found.values()];
}

/** The files in the output of ldd. @throws Error naming a library that is not found */
export function librariesIn(output: string): string[] {
  const [missing] = /^\s*(\S+) => not found$/m.exec(output)?.slice(1) ?? [];
  if (missing !== undefined) throw new Error(`the library ${missing} is not installed on this machine`);
  return [...output.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, file]) => file ?? '');
}

/** In the image /lib and /lib64 are links into /usr, as in Debian. */
function merged(file: string): string {
  return file.startsWith('/usr/') ? file : path.join('/usr', file);
}
