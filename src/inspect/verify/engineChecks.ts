import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../base/failure';
import type { Part } from '../../base/part';
import { shownUrl } from '../../base/urlPassword';
import type { Check } from './check';
import { Checks } from './check';
import { folderOf } from '../../settings/surroundings';
import { atLeast, oldestEngine, pluginStates, pulumiHome } from '../../engine/plugins';
import { askEngine } from '../../engine/readState';
import type { StateFacts } from '../../engine/stateFacts';
import type { StackLocation } from '../../target/location';

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
    pluginChecks(checks),
    writableCheck(checks, location),
  ]);
  return [version, ...installed, stateCheck(checks, await state), writable];
}

async function engineVersion({ backendUrl }: StackLocation): Promise<string> {
  const version = await askEngine(['version'], backendUrl, limitMs);
  const found = version.trim().replace(/^v/, '');
  if (!atLeast(found, oldestEngine))
    throw new Failure('engine-missing', `The pulumi CLI is ${found}; install ${oldestEngine} or newer.`);
  return found;
}

async function pluginChecks(checks: Checks): Promise<Check[]> {
  return (await pluginStates()).map(({ name, version, found }) => {
    if (found !== undefined) return checks.ok(`plugin ${name}`, found);
    return checks.missing(
      `plugin ${name}`,
      `It is not in ${pulumiHome()}; run pulumi plugin install resource ${name} ${version}. A rotation would try to fetch it.`,
    );
  });
}

function stateCheck(checks: Checks, state: Part<StateFacts>): Check {
  const title = 'the state can be read, and its passphrase or key is right';
  if (state.kind === 'unreadable') return checks.failed(title, state.failure);
  const { changedAt, backendUrl } = state.value;
  if (changedAt === undefined)
    return checks.notChecked(
      title,
      `There is no stack in ${shownUrl(backendUrl)} yet; the first rotation creates it.`,
    );
  return checks.ok(title, `last change ${changedAt.toISOString()}`);
}

/** Only of a folder can it be told without a write. */
async function writableCheck(checks: Checks, { backendUrl }: StackLocation): Promise<Check> {
  const title = 'the state can be written';
  const kept = folderOf(backendUrl);
  if (kept === undefined)
    return checks.notChecked(
      title,
      `Only a write to ${shownUrl(backendUrl).split('?')[0]} would show it; a rotation writes its state before it changes anything.`,
    );
  const folder = nearestFolder(kept);
  return checks.passes(title, async () => {
    await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw new Failure(
        'state-permission-missing',
        `${folder} cannot be written; make it writable for this user.`,
        {
          cause: error,
        },
      );
    });
    return null;
  });
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : nearestFolder(path.dirname(folder));
}
