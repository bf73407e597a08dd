import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { tools } from '../package';
import { pluginFolderName } from './official';
import type { PLUGIN_VERSIONS } from './versions';

/** official: as Pulumi serves it; built: from its Go modules by the set-up; stand-in: the lab's own. */
export type Origin = 'official' | 'built' | 'stand-in';

/** Where the set-up got a file of its cache from: it names the folders so. Any other place is an official copy. */
export function setupOrigin(file: string): 'official' | 'built' {
  const [folder = '..'] = path.relative(tools().cache, file).split(path.sep);
  return folder === '..' || folder.endsWith('-official') ? 'official' : 'built';
}

/** What a plugin in an engine's home is. A stand-in is a script that says so; every other is a binary. */
export function pluginOrigin(pulumiHome: string, name: keyof typeof PLUGIN_VERSIONS): Origin {
  if (name === 'kubernetes') return setupOrigin(tools().kubernetesPlugin);
  if (name === 'random') return setupOrigin(tools().randomPlugin);
  const start = Buffer.alloc(2);
  const file = openSync(
    path.join(pulumiHome, 'plugins', pluginFolderName(name), `pulumi-resource-${name}`),
    'r',
  );
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === '#!' ? 'stand-in' : 'official';
}
