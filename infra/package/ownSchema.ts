import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageFolder } from '../../src/base/packageFolder';
import type { PackageSchema } from './schema';
import { packageSchema } from './schema';

interface PackageFile {
  version: string;
  description: string;
}

/** The schema of this version of the package, with the plugins of the SDKs that it is installed with. */
export function ownSchema(): PackageSchema {
  const { version, description } = packageFileAt(path.join(packageFolder, 'package.json'));
  const require = createRequire(__filename);
  const versionOf = (sdk: string): string =>
    packageFileAt(require.resolve(`@pulumi/${sdk}/package.json`)).version;
  return packageSchema(version, description, { aws: versionOf('aws'), kubernetes: versionOf('kubernetes') });
}

/** As it is checked in, at `infra/package/schema.json`. */
export const schemaFile = path.join(packageFolder, 'infra', 'package', 'schema.json');

/** The text of that file. */
export function schemaText(): string {
  return `${JSON.stringify(ownSchema(), undefined, 2)}\n`;
}

function packageFileAt(file: string): PackageFile {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
}
