import { readFileSync, statSync } from 'node:fs';
import type { Listeners, Receivers } from '../notify/tell';
import type { RequestKind } from '../rotation/rotationPlan';
import type { Renderer } from '../report/renderer';
import { JsonRenderer, TextRenderer } from '../report/renderer';
import { scrubber } from '../secrecy/scrubber';
import { TerminalRenderer } from '../report/terminal';
import { Failure } from '../base/failure';
import type { OptionName } from '../settings/options';
import type { Settings } from '../settings/settings';
import { gather, readLocation, readSettings } from '../settings/settings';
import type { Purpose } from '../settings/surroundings';
import { makePathsAbsolute, surroundingProblems } from '../settings/surroundings';
import type { RunRequest } from '../run/request';
import type { Flags } from './invocation';
import { limitFileAccess } from '../openemr/file/limit';
import { takeReceivers } from '../notify/receivers';
import type { StackLocation } from '../target/location';

/** The checked settings of a command, and what it was given in secret. */
export interface CommandSettings extends Settings {
  receivers: Receivers;
}

/** Variables of our own environment that hold secrets. */
const secretVariables = ['PULUMI_CONFIG_PASSPHRASE', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/**
 * The checked settings; secrets of the environment are registered with the scrubber.
 * @param purpose what the command is about to do
 * @throws Failure `configuration` naming every missing and malformed one, or every file and folder that cannot be used
 */
export function settingsOf(flags: Flags, purpose: Purpose = 'writing'): CommandSettings {
  const settings = readSettings(flags.values, process.env, process.cwd());
  checkSurroundings(flags, purpose);
  keepSecrets();
  limitFileAccess(settings.fileLimitSeconds);
  return { ...settings, receivers: takeReceivers(process.env) };
}

/** @throws Failure `configuration` naming every file, folder and address that cannot be used */
function checkSurroundings(flags: Flags, purpose: Purpose, unused: OptionName[] = []): void {
  makePathsAbsolute(process.env, process.cwd());
  const values = gather(flags.values, process.env, process.cwd());
  for (const name of unused) Reflect.deleteProperty(values, name);
  const problems = surroundingProblems(values, process.env, purpose);
  if (problems.length > 0) throw new Failure('setting-invalid', `Settings: ${problems.join('; ')}.`);
}

/** Registers the secrets of our own environment, and of the file that it names, with the scrubber. */
export function keepSecrets(): void {
  for (const name of secretVariables) scrubber.register(process.env[name] ?? '');
  scrubber.register(passphraseIn(process.env['PULUMI_CONFIG_PASSPHRASE_FILE']));
}

/** The passphrase in a file; empty without one. */
function passphraseIn(file = ''): string {
  try {
    // A pipe could be read only once, and the engine has to.
    return statSync(file).isFile() ? readFileSync(file, 'utf8').trim() : '';
  } catch {
    return '';
  }
}

/** Whom a run tells of its end. */
export function listenersOf({ reports, receivers }: CommandSettings): Listeners {
  return { ...reports, ...receivers };
}

/** Where the state is; all that a command needs that only looks at it. @throws Failure `configuration` */
export function locationOf(flags: Flags): StackLocation {
  const location = readLocation(flags.values, process.env, process.cwd());
  checkSurroundings(flags, 'reading', ['caFile', 'healthCaFile']);
  keepSecrets();
  return location;
}

/** A block that moves on a terminal, lines for a pipe, JSON for a program. */
export function rendererOf({ logJson }: Flags): Renderer {
  if (logJson) return new JsonRenderer();
  const moves = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  return moves ? new TerminalRenderer() : new TextRenderer();
}

/** What a run of the stack is told. */
export function requestOf(
  kind: RequestKind,
  { program, stack, home, backendUrl, secretsProvider }: Settings,
  renderer: Renderer,
): RunRequest {
  return {
    kind,
    settings: program,
    location: { stack, home, backendUrl, secretsProvider },
    tell: (news) => renderer.news(news),
  };
}
