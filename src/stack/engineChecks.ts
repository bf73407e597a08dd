import { existsSync } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure';
import type { Part } from '../observe/part';
import type { StateFacts } from '../observe/status/facts';
import type { Check } from '../observe/verify/check';
import { Checks } from '../observe/verify/check';
import { askEngine } from './readState';
import type { StackLocation } from './workspace';

const plugins = ['aws', 'random', 'kubernetes'] as const;
/** How long one question to the engine may take, in ms. */
const limitMs = 15_000;

/** The engine, its plugins, and the state that it keeps. Writes nothing. */
export async function engineChecks(
  location: StackLocation,
  state: Promise<Part<StateFacts>>,
): Promise<Check[]> {
  const checks = new Checks('Engine');
  const [version, installed, writable] = await Promise.all([
    checks.passes('the pulumi CLI is new enough', () => engineVersion(location)),
    pluginChecks(checks, location),
    writableCheck(checks, location),
  ]);
  return [version, ...installed, stateCheck(checks, await state), writable];
}

/** The engine must be as new as the package that this program is written against. */
async function engineVersion({ backendUrl }: StackLocation): Promise<string> {
  const [version, oldest] = await Promise.all([
    askEngine(['version'], backendUrl, limitMs),
    versionOf('pulumi'),
  ]);
  const found = version.trim().replace(/^v/, '');
  if (!atLeast(found, oldest))
    throw new Failure('configuration', `The pulumi CLI is ${found}; install ${oldest} or newer.`);
  return found;
}

async function pluginChecks(checks: Checks, { backendUrl }: StackLocation): Promise<Check[]> {
  const listing = askEngine(['plugin', 'ls', '--json'], backendUrl, limitMs);
  // A rejection is looked at once for each plugin.
  listing.catch(() => undefined);
  return Promise.all(
    plugins.map(async (name) => {
      const wanted = await versionOf(name);
      return checks.passes(`plugin ${name}`, async () => {
        const versions = (JSON.parse(await listing) as { name: string; version?: string }[])
          .filter((each) => each.name === name)
          .map(({ version = '' }) => version);
        const found = versions.find((version) => atLeast(version, wanted));
        if (found !== undefined) return found;
        throw new Failure(
          'configuration',
          `${versions.length === 0 ? 'It is not installed' : `Only ${versions.join(', ')} is installed`} in this PULUMI_HOME; run pulumi plugin install resource ${name} ${wanted}.`,
        );
      });
    }),
  );
}

/** The version of an npm package of Pulumi's; its plugin has the same. */
async function versionOf(name: string): Promise<string> {
  const file = require.resolve(`@pulumi/${name}/package.json`);
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

/** Compares the three numbers of versions. */
export function atLeast(found: string, wanted: string): boolean {
  const numbers = (version: string): number[] => version.split(/[.+-]/).slice(0, 3).map(Number);
  const [have, need] = [numbers(found), numbers(wanted)];
  const difference = need.map((number, index) => (have[index] ?? 0) - number).find((each) => each !== 0);
  return (difference ?? 0) >= 0;
}

function stateCheck(checks: Checks, state: Part<StateFacts>): Check {
  const title = 'the state can be read, and its passphrase or key fits';
  if (state.kind === 'unreadable') return checks.missing(title, state.failure.message);
  const { changedAt, backendUrl } = state.value;
  if (changedAt === undefined)
    return checks.notChecked(title, `There is no stack in ${backendUrl} yet; the first rotation makes it.`);
  return checks.ok(title, `last change ${changedAt.toISOString()}`);
}

/** Only of a folder can it be told without a write. */
async function writableCheck(checks: Checks, { backendUrl }: StackLocation): Promise<Check> {
  const title = 'the state can be written';
  if (!backendUrl.startsWith('file://'))
    return checks.notChecked(
      title,
      `Only a write to ${backendUrl.split('?')[0]} would show it; a rotation writes its state before it changes anything.`,
    );
  const folder = nearestFolder(backendUrl.slice('file://'.length).split('?')[0] ?? '');
  return checks.passes(title, async () => {
    await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw new Failure('permission', `${folder} cannot be written; make it writable for this user.`, {
        cause: error,
      });
    });
    return null;
  });
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : nearestFolder(path.dirname(folder));
}
