import { existsSync } from 'node:fs';
import path from 'node:path';

/** The compiled modules that this process runs: `dist/src`, or `dist/bundle` where they were made into few files. */
export const modulesFolder = path.basename(__dirname) === 'base' ? path.dirname(__dirname) : __dirname;

/** Root of the installed package: the folder of package.json. */
export const packageFolder = folderWith('package.json');

function folderWith(file: string): string {
  let folder = modulesFolder;
  while (!existsSync(path.join(folder, file)) && folder !== path.dirname(folder))
    folder = path.dirname(folder);
  return folder;
}
