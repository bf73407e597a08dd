import { constants } from 'node:fs';
import { access, link, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freshBundle } from '../../src/base/bundle.js';
import { tools } from '../package.js';
import { fetchOfficialAws, officialFolder, pluginFolderName, type FetchOptions } from './official.js';
import { setupOrigin, type Origin } from './origin.js';
import { PLUGIN_VERSIONS } from './versions.js';

/** A plugin in an engine's home. */
export interface InstalledPlugin {
  name: string;
  version: string;
  origin: Origin;
  /** The folder that holds `pulumi-resource-<name>`. */
  folder: string;
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The program file of the stand-in. It holds the paths of this checkout and of the running Node, so it works under
 * whatever PATH the engine has. The compile cache halves the start.
 */
function standInScript(): string {
  const bundle = freshBundle(path.resolve(__dirname, '..', '..'), path.join('lab', 'aws.js'), 'lab');
  const main = bundle ?? path.join(__dirname, 'aws', 'main.js');
  return [
    '#!/bin/sh',
    "# The lab's stand-in for the official aws plugin.",
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
  origin: Origin,
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

/** A plugin that the set-up gets: the official one, or built from its Go modules. */
async function placeGenuine(
  pulumiHome: string,
  name: 'kubernetes' | 'random',
  file: string,
): Promise<InstalledPlugin> {
  await access(file, constants.X_OK).catch((cause: unknown) => {
    throw new Error(`the ${name} plugin is not at ${file}; node lab/setup/main.js gets it`, { cause });
  });
  return place(pulumiHome, name, setupOrigin(file), (folder) =>
    sameFile(file, path.join(folder, `pulumi-resource-${name}`)),
  );
}

async function placeOfficialAws(pulumiHome: string, from: string): Promise<InstalledPlugin> {
  const source = path.join(from, pluginFolderName('aws'));
  return place(pulumiHome, 'aws', 'official', async (folder) => {
    for (const file of await readdir(source))
      await sameFile(path.join(source, file), path.join(folder, file));
  });
}

/**
 * Installs the lab's stand-in of the aws plugin into an engine's home.
 *
 * @throws Error when the home cannot be written
 */
export async function installStandIn(pulumiHome: string): Promise<InstalledPlugin> {
  return place(pulumiHome, 'aws', 'stand-in', (folder) =>
    writeFile(path.join(folder, 'pulumi-resource-aws'), standInScript(), { mode: 0o755 }),
  );
}

/**
 * Installs the genuine random plugin into an engine's home.
 *
 * @throws Error when the set-up has not got it, or the home cannot be written
 */
export async function installRandom(pulumiHome: string): Promise<InstalledPlugin> {
  return placeGenuine(pulumiHome, 'random', tools().randomPlugin);
}

/**
 * Puts the kubernetes, random and aws plugins into an engine's home: the official aws where it is in the lab's cache or
 * can be had, else the lab's stand-in (always with CREDENTIAL_ROTATION_PLUGINS=stand-in); the others are genuine.
 * A run that uses them needs nothing but PULUMI_HOME, and what AWS itself wants: AWS_REGION, credentials, and
 * AWS_ENDPOINT_URL for moto. The official aws plugin takes AWS_ENDPOINT_URL as well, but first calls STS
 * (GetCallerIdentity), which moto answers; against a server without STS it wants the provider's settings
 * `skipCredentialsValidation` and `skipRequestingAccountId` (`skipMetadataApiCheck` is set by default).
 *
 * @throws Error when a genuine plugin is not there or the home cannot be written
 */
export async function installPlugins(
  pulumiHome: string,
  options: FetchOptions = {},
): Promise<InstalledPlugin[]> {
  const official = await fetchOfficialAws(options);
  return Promise.all([
    placeGenuine(pulumiHome, 'kubernetes', tools().kubernetesPlugin),
    installRandom(pulumiHome),
    official ? placeOfficialAws(pulumiHome, options.folder ?? officialFolder()) : installStandIn(pulumiHome),
  ]);
}
