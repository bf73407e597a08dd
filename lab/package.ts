import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Architecture } from '../image/architecture';
import type { CrossLayout, ToolPaths } from './setup/tools.js';
import type * as SetupTools from './setup/tools.js';

/** The folder that holds package.json: the compiled files lie some levels below it. Throws when there is none. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}

/** A file or folder of the lab that is used as it is, not compiled (PHP pages, set-up scripts). */
export function labSource(...names: string[]): string {
  return path.join(packageRoot(), 'lab', ...names);
}

function setup(): typeof SetupTools {
  return createRequire(__filename)(labSource('setup', 'tools.js')) as typeof SetupTools;
}

/** The tools that `lab/setup` fetched or built; does not check that they are there. */
export function tools(): ToolPaths {
  return setup().toolPaths();
}

/** What `lab/setup --image --for ARCHITECTURE` has made for another kind of processor; does not check that it is there. */
export function crossFolders(architecture: Architecture): CrossLayout {
  return setup().crossLayout(setup().cacheFolder(), architecture);
}

/** The emulator that runs programs of another kind of processor; does not check that it is there. */
export function emulatorOf(architecture: Architecture): string {
  return setup().emulatorFile(setup().cacheFolder(), architecture);
}
