import { cp, link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { hasOfficialAws, officialFolder, pluginFolderName, wantsStandIn } from './official';
import { tools } from '../package';

/** Starts the stand-in that lies beside it, with the Node.js of the engine that starts it. */
const SCRIPT =
  '#!/bin/sh\n# The lab\'s stand-in for the official aws plugin.\nexec node "${0%/*}/stand-in/aws/main.js" "$@"\n';

/**
 * Puts the three plugins into a folder, each in the folder that the engine looks for, with no path of this machine in
 * it: the official aws where the cache has it, else the stand-in.
 */
export async function portablePlugins(folder: string): Promise<void> {
  const aws = path.join(folder, pluginFolderName('aws'));
  if (!wantsStandIn() && hasOfficialAws())
    await cp(path.join(officialFolder(), pluginFolderName('aws')), aws, { recursive: true });
  else await placeStandIn(aws);
  const { kubernetesPlugin, randomPlugin } = tools();
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
