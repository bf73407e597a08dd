import { cp, link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FetchedName } from './official';
import { officialFolder, officialPlugins, pluginFolderName } from './official';
import { tools } from '../package';

/** Starts a stand-in that lies beside it, with the Node.js and the npm packages of the engine that starts it. */
function script(name: FetchedName): string {
  return `#!/bin/sh\n# The lab's stand-in for the official ${name} plugin.\nexec node "\${0%/*}/stand-in/${name}/main.js" "$@"\n`;
}

/**
 * Puts the three plugins into a folder, each in the folder that the engine looks for, with no path of this machine in
 * it: the official random and aws where the cache has them, else stand-ins.
 */
export async function portablePlugins(folder: string): Promise<void> {
  const official = process.env['CREDENTIAL_ROTATION_PLUGINS'] === 'stand-in' ? [] : officialPlugins();
  for (const name of ['random', 'aws'] as const) {
    const target = path.join(folder, pluginFolderName(name));
    if (official.includes(name))
      await cp(path.join(officialFolder(), pluginFolderName(name)), target, { recursive: true });
    else await placeStandIn(target, name);
  }
  const kubernetes = path.join(folder, pluginFolderName('kubernetes'));
  await mkdir(kubernetes, { recursive: true });
  const [built, file] = [tools().kubernetesPlugin, path.join(kubernetes, 'pulumi-resource-kubernetes')];
  // It is large; on another disk it must be copied.
  await link(built, file).catch(() => cp(built, file));
}

async function placeStandIn(folder: string, name: FetchedName): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(__dirname, path.join(folder, 'stand-in'), { recursive: true });
  await writeFile(path.join(folder, `pulumi-resource-${name}`), script(name), { mode: 0o755 });
}
