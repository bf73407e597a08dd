import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Workspace } from '@pulumi/pulumi/automation';
import { Failure } from '../base/failure';

/** The oldest engine that this package is tried with. */
export const oldestEngine = '3.250.0';
/** The part of a workspace that fetches a plugin. */
type Installer = Pick<Workspace, 'installPlugin'>;

/** The plugins that a rotation needs. */
const plugins = ['aws', 'random', 'kubernetes'] as const;

/**
 * Sees that the plugins are there, and lets the engine fetch those that are missing. The engine itself would look for
 * the kubernetes plugin of a new state only when it is first needed, which is after the cut-over.
 * @throws Failure `configuration` naming the first that is missing
 */
export async function ensurePlugins(workspace: Installer): Promise<void> {
  for (const { name, version } of await missingPlugins()) await install(workspace, name, version);
}

/** A plugin, the version that is needed, and where one was found that serves. */
export interface PluginState {
  name: string;
  version: string;
  /** Its version, or that it is on PATH; undefined when there is none. */
  found: string | undefined;
}

/** Looks for the plugins in PULUMI_HOME and on PATH. */
export async function pluginStates(): Promise<PluginState[]> {
  const [installed, onPath] = await Promise.all([namesIn(path.join(pulumiHome(), 'plugins')), namesOnPath()]);
  return Promise.all(
    plugins.map(async (name) => {
      const version = await versionOf(name);
      const folder = installed.find((each) => serves(each, name, version));
      const besides = onPath.has(`pulumi-resource-${name}`) ? 'on PATH' : undefined;
      return { name, version, found: folder?.replace(/^.*-v/, '') ?? besides };
    }),
  );
}

/** The plugins that are neither in PULUMI_HOME nor on PATH. */
async function missingPlugins(): Promise<PluginState[]> {
  return (await pluginStates()).filter(({ found }) => found === undefined);
}

/** Where the engine keeps its plugins. */
export function pulumiHome(): string {
  return process.env['PULUMI_HOME'] ?? path.join(homedir(), '.pulumi');
}

/** A plugin has the version of its npm package. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(require.resolve(`@pulumi/${name}/package.json`), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function install(workspace: Installer, name: string, version: string): Promise<void> {
  const setting = process.env['PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION'] ?? 'false';
  try {
    if (!['', '0', 'false'].includes(setting.toLowerCase())) throw new Error('downloads are switched off');
    await workspace.installPlugin(name, `v${version}`);
  } catch (error) {
    throw new Failure(
      'engine-plugin-missing',
      `Pulumi's plugin ${name} ${version} is missing in ${pulumiHome()} and could not be fetched; run pulumi plugin install resource ${name} ${version}.`,
      { cause: error },
    );
  }
}

/** Plugins lie in folders like `resource-aws-v7.48.0`; the engine takes that version or a newer one. */
function serves(folder: string, name: string, version: string): boolean {
  const [, found] = new RegExp(`^resource-${name}-v(\\d+\\.\\d+\\.\\d+)[^.]*$`).exec(folder) ?? [];
  return found !== undefined && atLeast(found, version);
}

/** Compares the three numbers of versions. */
export function atLeast(found: string, wanted: string): boolean {
  const numbers = (version: string): number[] => version.split(/[.+-]/).slice(0, 3).map(Number);
  const [have, need] = [numbers(found), numbers(wanted)];
  const difference = need.map((number, index) => (have[index] ?? 0) - number).find((each) => each !== 0);
  return (difference ?? 0) >= 0;
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function namesOnPath(): Promise<Set<string>> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return new Set((await Promise.all(folders.map(namesIn))).flat());
}
