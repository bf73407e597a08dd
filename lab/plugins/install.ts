import { constants } from 'node:fs';
import { access, link, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freshBundle } from '../../src/base/bundle.js';
import { tools } from '../package.js';
import {
  fetchOfficialPlugins,
  officialFolder,
  pluginFolderName,
  type FetchedName,
  type FetchOptions,
} from './official.js';
import { PLUGIN_VERSIONS } from './versions.js';

/** A plugin in an engine's home. */
export interface InstalledPlugin {
  name: string;
  version: string;
  /** official: as Pulumi serves it; built: from Pulumi's source by the set-up; stand-in: the lab's own. */
  origin: 'official' | 'stand-in' | 'built';
  /** The folder that holds `pulumi-resource-<name>`. */
  folder: string;
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The program file of a stand-in. It holds the paths of this checkout and of the running Node, so it works under
 * whatever PATH the engine has. The compile cache halves the start.
 */
function standInScript(name: FetchedName): string {
  const bundle = freshBundle(path.resolve(__dirname, '..', '..'), path.join('lab', `${name}.js`), 'lab');
  const main = bundle ?? path.join(__dirname, name, 'main.js');
  return [
    '#!/bin/sh',
    `# The lab's stand-in for the official ${name} plugin.`,
    'NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$(dirname "$0")/compiled}" NODE_OPTIONS= \\',
    `  exec ${quoted(process.execPath)} ${quoted(main)} "$@"`,
    '',
  ].join('\n');
}

/** A second name for a file: a hard link, or a symbolic one where the file is on another disk. */
async function sameFile(file: string, name: string): Promise<void> {
  await link(file, name).catch(() => symlink(file, name));
}

/** Fills a new folder and puts it in the place of the plugin, all at once. */
async function place(
  pulumiHome: string,
  name: keyof typeof PLUGIN_VERSIONS,
  origin: InstalledPlugin['origin'],
  fill: (folder: string) => Promise<void>,
): Promise<InstalledPlugin> {
  const plugins = path.join(pulumiHome, 'plugins');
  const folder = path.join(plugins, pluginFolderName(name));
  await mkdir(plugins, { recursive: true });
  const beside = await mkdtemp(path.join(plugins, '.new-'));
  try {
    await fill(beside);
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return { name, version: PLUGIN_VERSIONS[name], origin, folder };
}

async function placeKubernetes(pulumiHome: string): Promise<InstalledPlugin> {
  const { kubernetesPlugin, cache } = tools();
  await access(kubernetesPlugin, constants.X_OK).catch((cause: unknown) => {
    throw new Error(`the kubernetes plugin is not at ${kubernetesPlugin}; node lab/setup/main.js gets it`, {
      cause,
    });
  });
  // What the set-up builds lies in a folder of its own in the cache; any other place is an official copy.
  const inCache = kubernetesPlugin.startsWith(path.join(cache, 'pulumi-resource-kubernetes-'));
  const built = inCache && !path.dirname(kubernetesPlugin).endsWith('-official');
  return place(pulumiHome, 'kubernetes', built ? 'built' : 'official', (folder) =>
    sameFile(kubernetesPlugin, path.join(folder, 'pulumi-resource-kubernetes')),
  );
}

async function placeOfficial(pulumiHome: string, name: FetchedName, from: string): Promise<InstalledPlugin> {
  const source = path.join(from, pluginFolderName(name));
  return place(pulumiHome, name, 'official', async (folder) => {
    for (const file of await readdir(source))
      await sameFile(path.join(source, file), path.join(folder, file));
  });
}

/**
 * Installs the stand-in of a plugin into an engine's home.
 *
 * @throws Error when the home cannot be written
 */
export async function installStandIn(pulumiHome: string, name: FetchedName): Promise<InstalledPlugin> {
  return place(pulumiHome, name, 'stand-in', (folder) =>
    writeFile(path.join(folder, `pulumi-resource-${name}`), standInScript(name), { mode: 0o755 }),
  );
}

/**
 * Puts the kubernetes, random and aws plugins into an engine's home: the official random and aws where they are in
 * the lab's cache or can be had, else the lab's stand-ins (always with CREDENTIAL_ROTATION_PLUGINS=stand-in).
 * A run that uses them needs nothing but PULUMI_HOME, and what AWS itself wants: AWS_REGION, credentials, and
 * AWS_ENDPOINT_URL for moto. The official aws plugin takes AWS_ENDPOINT_URL as well, but first calls STS
 * (GetCallerIdentity), which moto answers; against a server without STS it wants the provider's settings
 * `skipCredentialsValidation` and `skipRequestingAccountId` (`skipMetadataApiCheck` is set by default).
 *
 * @throws Error when the kubernetes plugin is not there or the home cannot be written
 */
export async function installPlugins(
  pulumiHome: string,
  options: FetchOptions = {},
): Promise<InstalledPlugin[]> {
  const official = await fetchOfficialPlugins(options);
  const from = options.folder ?? officialFolder();
  const [random, aws] = (['random', 'aws'] as const).map((name) =>
    official.includes(name) ? placeOfficial(pulumiHome, name, from) : installStandIn(pulumiHome, name),
  );
  return (await Promise.all([placeKubernetes(pulumiHome), random, aws])).filter(
    (plugin) => plugin !== undefined,
  );
}
