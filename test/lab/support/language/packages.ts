import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PackageDependency } from '@pulumi/pulumi/proto/plugin_pb';

/** What matters in a package.json: `pulumi.resource` is set in the packages that need a plugin. */
interface PackageFile {
  version: string;
  pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
}

/** The folder of packages that a program finds: that of the nearest parent that has one. */
function modulesAbove(folder: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    const modules = path.join(at, 'node_modules');
    if (existsSync(modules)) return modules;
    if (at === path.dirname(at)) return undefined;
  }
}

/**
 * The plugins that a program's packages need, in the versions of the packages: the engine installs those that are not
 * there, and takes these versions for the default providers. Packages of Pulumi's own scope are all that we use.
 */
export function requiredPackages(folder: string): PackageDependency[] {
  const scope = path.join(modulesAbove(folder) ?? folder, '@pulumi');
  if (!existsSync(scope)) return [];
  return readdirSync(scope).flatMap((name) => {
    const file = JSON.parse(readFileSync(path.join(scope, name, 'package.json'), 'utf8')) as PackageFile;
    const { pulumi, version } = file;
    if (pulumi?.resource !== true) return [];
    const needed = new PackageDependency()
      .setName(pulumi.name ?? name)
      .setKind('resource')
      .setVersion(pulumi.version ?? version)
      .setServer(pulumi.server ?? '');
    return [needed];
  });
}
