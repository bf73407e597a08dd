import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { putLauncher } from '../launcher';

/**
 * What Pulumi's own download has beside the engine for programs in Node.js: the language host, which is ours here, and
 * the plugin for dynamic providers, which npm's @pulumi/pulumi has, too.
 * @returns the folder to put on PATH
 */
export async function languageLauncher(folder: string): Promise<string> {
  await putLauncher(folder, 'pulumi-language-nodejs', path.join(__dirname, 'host.js'));
  const dynamic = 'pulumi-resource-pulumi-nodejs';
  await symlink(
    path.join(path.dirname(require.resolve('@pulumi/pulumi/package.json')), dynamic),
    path.join(folder, dynamic),
  );
  return folder;
}
