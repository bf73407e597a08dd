import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import { Failure } from '../failure';
import { packageFolder } from '../packageFolder';
import type { OptionType } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import { describeCommands, epilogue, switchNames } from './help';
import type { FleetFlags, Flags, InitFlags, Invocation, JobFlags } from './invocation';
import { commandNames, fleetActions, jobActions } from './invocation';

/**
 * Reads a command line; undefined when help, version or a completion script was shown.
 * @throws Failure `configuration` for unknown commands and flags
 */
export async function parseCommandLine(argv: string[]): Promise<Invocation | undefined> {
  const { default: yargs } = await import('yargs');
  const { words, handedOn } = withoutHandedOn(argv);
  argv = words;
  let shown = false;
  let problem = unclearSwitch(argv);
  const parser = describe(yargs([]))
    .exitProcess(false)
    .fail((message: string | null) => {
      problem ??= message ?? 'the command line cannot be read';
    });
  const parsed = await parser.parseAsync(argv, {}, (_error: unknown, _values: unknown, output: string) => {
    if (output === '' || problem !== undefined) return;
    shown = true;
    process.stdout.write(`${output}\n`);
  });
  if (problem !== undefined)
    throw new Failure('configuration', `${problem}; see credential-rotation --help.`);
  if (shown || 'get-yargs-completions' in parsed) return undefined;
  if ((parsed['_'] as unknown[]).join(' ') !== 'completion') return invocationOf(parsed, handedOn);
  parser.showCompletionScript();
  return undefined;
}

/** yargs takes any value but `true` for false: `--dry-run=yes` would rotate. */
function unclearSwitch(argv: string[]): string | undefined {
  // yargs also takes --dryRun for --dry-run.
  const plain = (name: string): string => name.replaceAll('-', '').toLowerCase();
  const switches = switchNames.map(plain);
  const unclear = argv.find((word) => {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    return name !== undefined && switches.includes(plain(name)) && value !== 'true' && value !== 'false';
  });
  return unclear === undefined ? undefined : `${unclear.split('=')[0]} takes no value`;
}

/** What stands behind `--` is the business of the command in the Job; no other command takes it. */
function withoutHandedOn(argv: string[]): { words: string[]; handedOn: string[] | undefined } {
  const at = argv.indexOf('--');
  if (at < 0 || argv[0] !== 'job' || argv[1] !== 'run') return { words: argv, handedOn: undefined };
  return { words: argv.slice(0, at), handedOn: argv.slice(at + 1) };
}

function invocationOf(parsed: Record<string, unknown>, handedOn: string[] | undefined): Invocation {
  const [word, ...rest] = (parsed['_'] as unknown[]).map(String);
  const command = commandNames.find((name) => name === word);
  // What stands after -- is not checked by yargs.
  const [second, third] = rest;
  const isKnown = second === undefined || (wordsBelow[command ?? ''] ?? []).includes(second);
  const stray = command === undefined ? word : isKnown ? third : second;
  if (stray !== undefined)
    throw new Failure(
      'configuration',
      `Unknown argument: ${JSON.stringify(stray)}; see credential-rotation --help.`,
    );
  const flags = flagsOf(parsed);
  if (command === 'fleet') return { command, flags, fleet: fleetFlagsOf(parsed, second ?? '') };
  if (command === 'job') return { command, flags, job: jobFlagsOf(parsed, second ?? '', handedOn) };
  if (command === 'init') return { command, flags, init: initFlagsOf(parsed) };
  return { command: command ?? 'rotate', flags };
}

function jobFlagsOf(parsed: Record<string, unknown>, word: string, args: string[] | undefined): JobFlags {
  return {
    action: jobActions.find((each) => each === word) ?? 'logs',
    context: single(parsed, 'context'),
    cronJob: single(parsed, 'cron-job'),
    name: single(parsed, 'name'),
    args,
  };
}

function initFlagsOf(parsed: Record<string, unknown>): InitFlags {
  return {
    context: single(parsed, 'context'),
    terraformOutputs: single(parsed, 'terraform-outputs'),
    cloudFormationOutputs: single(parsed, 'cloudformation-outputs'),
    force: parsed['force'] === true,
  };
}

/** The words that a command takes behind it. */
const wordsBelow: Record<string, readonly string[]> = {
  config: ['show'],
  fleet: fleetActions,
  job: jobActions,
};

function fleetFlagsOf(parsed: Record<string, unknown>, word: string): FleetFlags {
  const action = fleetActions.find((each) => each === word) ?? 'plan';
  const { only } = parsed;
  return {
    action,
    file: single(parsed, 'fleet') ?? '',
    only: Array.isArray(only) ? only.map(String) : [],
    concurrency: single(parsed, 'concurrency'),
    stagger: single(parsed, 'stagger'),
    onFailure: single(parsed, 'on-failure'),
    since: single(parsed, 'since'),
    anew: parsed['anew'] === true,
    index: single(parsed, 'index'),
    image: single(parsed, 'image'),
    schedule: single(parsed, 'schedule'),
  };
}

function single(parsed: Record<string, unknown>, flag: string): string | undefined {
  const value = parsed[flag];
  if (Array.isArray(value)) throw new Failure('configuration', `--${flag} is given twice; give it once.`);
  return typeof value === 'string' ? value : undefined;
}

/** A switch that stands alone says true. */
function switched(type: OptionType, value: string | undefined): string | undefined {
  return type === 'yes-or-no' && value === '' ? 'true' : value;
}

function flagsOf(parsed: Record<string, unknown>): Flags {
  const values: GivenValues = {};
  for (const name of optionNames) {
    const { flag, type } = definitionOf(name);
    const value = switched(type, single(parsed, flag));
    if (value !== undefined) values[name] = value;
  }
  const mode = single(parsed, 'fix-permissions');
  return {
    dryRun: parsed['dry-run'] === true,
    logJson: parsed['log-json'] === true,
    json: parsed['json'] === true,
    yes: parsed['yes'] === true,
    syncDbUsers: parsed['sync-db-users'] === true,
    fixPermissions: mode === undefined ? undefined : mode || '0644',
    planFile: single(parsed, 'plan'),
    ifOlderThan: single(parsed, 'if-older-than'),
    html: single(parsed, 'html'),
    limit: single(parsed, 'limit'),
    origin: parsed['origin'] === true,
    values,
  };
}

/** The help of a command, each entry on one line. */
export async function helpText(words: readonly string[]): Promise<string> {
  const { default: yargs } = await import('yargs');
  const parser = describe(yargs([])).exitProcess(false).wrap(null);
  return new Promise((resolve) => {
    void parser.parseAsync([...words, '--help'], {}, (_error: unknown, _values: unknown, output: string) =>
      resolve(output),
    );
  });
}

function describe(parser: Argv): Argv {
  let described = describeCommands(parser)
    .scriptName('credential-rotation')
    .epilogue(epilogue)
    .strict()
    .parserConfiguration({ 'dot-notation': false, 'boolean-negation': false })
    .help()
    .version(packageVersion())
    .locale('en')
    .wrap(120);
  for (const name of optionNames) {
    const { flag, group, describe: text, variable, type } = definitionOf(name);
    described = described.option(flag, {
      group: `${group}:`,
      describe: `${text} [${variable}]`,
      type: 'string',
      ...(type === 'yes-or-no' ? {} : { requiresArg: true }),
    });
  }
  return described;
}

function packageVersion(): string {
  const file = path.join(packageFolder, 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
