import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The part of package-lock.json that says what is only for development (docs.npmjs.com, package-lock.json). */
interface Lock {
  packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
}

/**
 * The folders of the packages that the program needs, relative to the package's root, as `npm ci --omit=dev` would leave
 * them; optional ones for other machines are left out, since they are not there.
 */
export function productionPackages(root: string): string[] {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock;
  return Object.entries(lock.packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && dev !== true && devOptional !== true)
    .map(([folder]) => folder)
    .filter((folder) => existsSync(path.join(root, folder)));
}
