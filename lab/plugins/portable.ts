import { cp, link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { hasOfficialAws, officialFolder, pluginFolderName, wantsStandIn } from './official';
import { tools } from '../package';

/** Starts the stand-in that lies beside it. The image has no shell, and its Node.js at this place; elsewhere the bundle has its own. */
const SCRIPT =
  "#!/usr/bin/node\n// The lab's stand-in for the official aws plugin.\nrequire('./stand-in/aws/main.js');\n";

/** The files of the plugins that the set-up gets. */
export interface GenuinePlugins {
  kubernetesPlugin: string;
  randomPlugin: string;
}

/**
 * Puts the three plugins into a folder, each in the folder that the engine looks for, with no path of this machine in
 * it: the official aws where the cache has it, else the stand-in.
 * @param genuine those of another kind of processor, for which there is no official aws in the cache
 */
export async function portablePlugins(folder: string, genuine?: GenuinePlugins): Promise<void> {
  const aws = path.join(folder, pluginFolderName('aws'));
  if (genuine === undefined && !wantsStandIn() && hasOfficialAws())
    await cp(path.join(officialFolder(), pluginFolderName('aws')), aws, { recursive: true });
  else await placeStandIn(aws);
  const { kubernetesPlugin, randomPlugin } = genuine ?? tools();
  await placeGenuine(path.join(folder, pluginFolderName('kubernetes')), kubernetesPlugin);
  await placeGenuine(path.join(folder, pluginFolderName('random')), randomPlugin);
}

async function placeGenuine(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const target = path.join(folder, path.basename(file));
  // It is large; on another disk it must be copied.
  await link(file, target).catch(() => cp(file, target));
}

/**
 * Puts the stand-in for aws into a folder, in one file with all that it needs: where it ends there are no npm packages
 * beside it, and NODE_PATH says nothing to an `import()`.
 */
export async function placeStandIn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await build({
    ...{ bundle: true, platform: 'node', target: 'node22', legalComments: 'none', logLevel: 'error' },
    entryPoints: [path.join(__dirname, 'aws', 'main.js')],
    outfile: path.join(folder, 'stand-in', 'aws', 'main.js'),
  });
  await writeFile(path.join(folder, 'pulumi-resource-aws'), SCRIPT, { mode: 0o755 });
}
