import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Outcome } from '../../base/failure';
import { exitCodes, Failure } from '../../base/failure';
import type { FoundDeployment } from '../../find/find';
import type { Given, OutputSource } from '../../find/observed';
import type { MergedFile } from '../../find/stackFile';
import type { Check } from '../../inspect/verify/check';
import type { FileChange } from '../../report/initText';
import { fileLines, findingLines, holdsPassword, initReport, withoutPasswords } from '../../report/initText';
import type { OptionName } from '../../settings/options';
import { definitionOf, optionNames } from '../../settings/options';
import { gather, settingProblems, stackFileName } from '../../settings/settings';
import { errorCode } from '../../base/errors';
import type { Flags, InitFlags } from '../invocation';
import { keepSecrets, rendererOf } from '../request';
import { verified, verifyCommand } from './verify';

/** Finds the settings of a running OpenEMR, writes them into the stack file, and verifies them. Returns the exit code. */
export async function initCommand(flags: Flags, init: InitFlags): Promise<number> {
  keepSecrets();
  const [{ findSettings }, outputs] = await Promise.all([import('../../find/find.js'), outputsOf(init)]);
  const renderer = rendererOf(flags);
  const say = (lines: readonly string[]): void => {
    if (!flags.json) lines.forEach((line) => renderer.line(line));
  };
  const given = givenValues(flags, init.force);
  const all = await findSettings({ context: init.context, given, outputs, environment: process.env });
  const kept = { ...all, found: all.found.filter(({ name, from }) => isKept(name, flags, from)) };
  const found = withoutPasswords(kept);
  say(findingLines(found));
  const file = await writeFound(flags, init, kept);
  say(file.lines);
  const values = gather(flags.values, process.env, process.cwd());
  const problems = flags.dryRun ? [] : settingProblems(values, process.env);
  const report = (outcome: Outcome, checks: readonly Check[] | null): number => {
    const end = { outcome, exitCode: exitCodes[outcome] };
    if (flags.json) renderer.object('init', { ...end, ...initReport(found, file, problems, checks) });
    return end.exitCode;
  };
  if (flags.dryRun) return report(isComplete(found) ? 'done' : 'configuration', null);
  if (problems.length > 0) {
    if (flags.json) return report('configuration', null);
    throw notSet(problems);
  }
  if (flags.json) {
    const { outcome, checks } = await verified(flags);
    return report(outcome, checks);
  }
  renderer.line('');
  const exitCode = await verifyCommand(flags);
  if (init.context !== undefined)
    say([
      `The context is not a setting: before a rotation from here run kubectl config use-context ${init.context}.`,
    ]);
  return exitCode;
}

function notSet(problems: readonly string[]): Failure {
  return new Failure(
    'setting-invalid',
    `Not verified, because this must be set first: ${problems.join('; ')}. Then run credential-rotation init again.`,
  );
}

function isComplete({ open }: FoundDeployment): boolean {
  return open.every(({ name }) => definitionOf(name).required !== true);
}

async function outputsOf({ terraformOutputs, cloudFormationOutputs }: InitFlags): Promise<OutputSource[]> {
  const paths = [terraformOutputs, cloudFormationOutputs].filter((file) => file !== undefined);
  if (paths.length === 0) return [];
  const { readOutputSource } = await import('../../find/outputFiles.js');
  return Promise.all(paths.map(readOutputSource));
}

/** What is set already. With force the stack file does not count: what is found takes its place. */
function givenValues(flags: Flags, force: boolean): Given {
  const values = gather(flags.values, process.env, process.cwd());
  const file = stackFileName(values.stack?.value ?? '');
  const given: Given = {};
  for (const name of optionNames) {
    const value = values[name];
    if (value === undefined || value.origin === 'default') continue;
    if (value.origin === 'stack file' && force) continue;
    const { flag, variable } = definitionOf(name);
    const from = { flag: `flag --${flag}`, environment: `the environment, ${variable}`, 'stack file': file };
    given[name] = { value: value.value, from: from[value.origin] };
  }
  return given;
}

/** Settings that belong to one machine or one call, unless a flag says them. */
function isKept(name: OptionName, flags: Flags, from: string): boolean {
  if (name === 'stack') return false;
  return (
    definitionOf(name).group === 'Target' ||
    flags.values[name] !== undefined ||
    !from.startsWith('the environment')
  );
}

/** Writes the stack file. @returns what became of it @throws Failure `configuration` when it cannot be written */
async function writeFound(
  flags: Flags,
  { force }: InitFlags,
  { found: kept }: FoundDeployment,
): Promise<FileChange> {
  const { mergeStackFile } = await import('../../find/stackFile.js');
  const { stack } = gather(flags.values, process.env, process.cwd());
  const file = stackFileName(stack?.value ?? '');
  const before = textOf(file);
  const secret = kept.filter(({ value }) => holdsPassword(value));
  const values = kept
    .filter((each) => !secret.includes(each))
    .map(({ name, value }) => [definitionOf(name).stackKey, value] as const);
  const merged: MergedFile = mergeStackFile(before ?? '', Object.fromEntries(values), force);
  const changed = merged.added.length + merged.replaced.length > 0;
  if (changed && !flags.dryRun) {
    const { writePage } = await import('../../report/html/write.js');
    // Whoever keeps a password there may have closed it to others.
    await writePage(file, merged.text, before === undefined ? undefined : modeOf(file));
  }
  const options = { isNew: before === undefined, isDryRun: flags.dryRun, text: merged.text };
  const lines = [
    ...secret.map(
      ({ name }) =>
        `  ! ${definitionOf(name).variable} holds a password, and is not written: leave it in the environment.`,
    ),
    ...fileLines(file, merged, options),
  ];
  return { file, written: changed && !flags.dryRun, lines, ...merged };
}

/** Who may read and write a file that is there. */
function modeOf(name: string): number {
  return statSync(path.join(process.cwd(), name)).mode & 0o777;
}

function textOf(name: string): string | undefined {
  const file = path.join(process.cwd(), name);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new Failure('file-unreadable', `${file} cannot be read; correct its mode, or name another stack.`, {
      cause: error,
    });
  }
}
