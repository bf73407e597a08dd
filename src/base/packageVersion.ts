import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageFolder } from './packageFolder';

/** This package's version. */
export function packageVersion(): string {
  const file = path.join(packageFolder, 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
