import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ToolPaths } from './setup/tools.js';

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

/** The tools that `lab/setup` fetched or built; does not check that they are there. */
export function tools(): ToolPaths {
  const setup = createRequire(__filename)(labSource('setup', 'tools.js')) as { toolPaths(): ToolPaths };
  return setup.toolPaths();
}
