import path from 'node:path';

/** Folder of the npm package @pulumi/pulumi: it holds the launcher of the dynamic provider, and lies among our modules. */
export function pulumiPackageFolder(): string {
  return path.dirname(require.resolve('@pulumi/pulumi/package.json'));
}
