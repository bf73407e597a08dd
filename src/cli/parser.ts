import { Failure } from '../base/failure';
import { packageVersion } from '../base/packageVersion';
import type { OptionType } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import type { Parts } from './commandCheck';
import { checkParts, commandOf } from './commandCheck';
import { commandTable, commonFlags, settingFlags, workingCommands } from './commandTable';
import { commandHelp, programHelp } from './helpText';
import type { EvidenceFlags, FleetFlags, Flags, InitFlags, Invocation, JobFlags } from './invocation';
import type { Flag } from './table/command';

/**
 * Reads a command line; undefined when help, version or a completion script was shown.
 * @throws Failure `configuration` for unknown commands and flags
 */
export async function parseCommandLine(argv: string[]): Promise<Invocation | undefined> {
  const completion = await import('./completion.js');
  if (completion.isCompletionRequest(argv)) {
    await completion.printCompletions(argv);
    return undefined;
  }
  const { problem, ...parts } = await partsOf(argv);
  const named = commandOf(parts.words);
  if (parts.given['help'] === true) {
    const text = parts.words.length === 0 ? programHelp() : commandHelp(named);
    process.stdout.write(`${text}\n`);
    return undefined;
  }
  if (parts.given['version'] === true) {
    process.stdout.write(`${packageVersion()}\n`);
    return undefined;
  }
  checkParts(named, parts);
  if (problem !== undefined) throw new Failure('command-line-invalid', problem);
  if (named.command !== commandTable.completion) return invocationOf(named.words, named.rest, parts);
  await completion.printCompletionScript();
  return undefined;
}

type Given = Parts['given'];

/** Every flag of every command, each once: one name is read in the same way wherever it stands. */
const allFlags = new Map<string, Flag>(
  [...workingCommands().flatMap(({ command }) => command.flags ?? []), ...settingFlags, ...commonFlags].map(
    (flag) => [flag.name, flag],
  ),
);

/** Takes a command line apart. A flag that lacks its value is a problem, for what comes after what is unknown. */
async function partsOf(argv: readonly string[]): Promise<Parts & { problem: string | undefined }> {
  const { default: yargs } = await import('yargs');
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const before = argv.slice(0, end);
  let problem: string | undefined;
  const parser = yargs([])
    .exitProcess(false)
    .help(false)
    .version(false)
    .locale('en')
    .updateStrings({ 'Not enough arguments following: %s': '--%s needs a value.' })
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .fail((message: string | null) => {
      problem ??= message ?? 'The command line cannot be read.';
    });
  for (const flag of allFlags.values()) parser.option(flag.name, reading(flag));
  const { _: words, ...given } = await parser.parseAsync(before.map(withPlainName));
  return {
    words: words.map(String),
    flagWords: before.filter(isFlag),
    given,
    handedOn: end < argv.length ? argv.slice(end + 1) : undefined,
    problem,
  };
}

/** As yargs sees it: a negative number is a value. */
function isFlag(word: string): boolean {
  return /^-./.test(word) && !/^-[\d.]+$/.test(word);
}

/** yargs looks names up in plain objects: an unknown flag with the name of one of their members would end it. */
function withPlainName(word: string): string {
  const [, name = ''] = /^--?([^=]*)/.exec(word) ?? [];
  return isFlag(word) && !allFlags.has(name) ? '--unknown' : word;
}

/** How yargs reads a flag. The switches among the settings may have a value, which is checked as that of a variable. */
function reading({ value, variable, mayStandAlone, takesMany }: Flag): object {
  if (value === undefined) return { type: variable === undefined ? 'boolean' : 'string' };
  return { type: 'string', array: takesMany === true, requiresArg: mayStandAlone !== true };
}

function invocationOf(
  words: readonly string[],
  rest: readonly string[],
  { given, handedOn }: Parts,
): Invocation {
  const [word, below] = words;
  const key = keyOf(commandTable, word);
  const command = key === undefined || key === 'completion' ? 'rotate' : key;
  const flags = flagsOf(given);
  if (command === 'fleet') return { command, flags, fleet: fleetFlagsOf(given, below) };
  if (command === 'job') return { command, flags, job: jobFlagsOf(given, below, rest[0], handedOn) };
  if (command === 'evidence') return { command, flags, evidence: evidenceFlagsOf(given, below, rest[0]) };
  if (command === 'init') return { command, flags, init: initFlagsOf(given) };
  return { command, flags };
}

/** A word as the key that it is in a table; undefined when it is none. */
function keyOf<Key extends string>(
  table: Readonly<Record<Key, unknown>>,
  word: string | undefined,
): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => key === word);
}

function jobFlagsOf(
  parsed: Given,
  word: string | undefined,
  name: string | undefined,
  args: readonly string[] | undefined,
): JobFlags {
  return {
    action: keyOf(commandTable.job.below, word) ?? 'logs',
    context: single(parsed, 'context'),
    cronJob: single(parsed, 'cron-job'),
    name,
    args: args === undefined ? undefined : [...args],
  };
}

function evidenceFlagsOf(parsed: Given, word: string | undefined, file: string | undefined): EvidenceFlags {
  return {
    action: keyOf(commandTable.evidence.below, word) ?? 'make',
    file,
    out: single(parsed, 'out'),
    since: single(parsed, 'since'),
    maxAge: single(parsed, 'max-age'),
    key: single(parsed, 'key'),
    kmsKey: single(parsed, 'kms-key'),
    after: single(parsed, 'after'),
  };
}

function initFlagsOf(parsed: Given): InitFlags {
  return {
    context: single(parsed, 'context'),
    terraformOutputs: single(parsed, 'terraform-outputs'),
    cloudFormationOutputs: single(parsed, 'cloudformation-outputs'),
    force: parsed['force'] === true,
  };
}

function fleetFlagsOf(parsed: Given, word: string | undefined): FleetFlags {
  const action = keyOf(commandTable.fleet.below, word) ?? 'plan';
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

function single(parsed: Given, flag: string): string | undefined {
  const value = parsed[flag];
  if (Array.isArray(value))
    throw new Failure('command-line-invalid', `--${flag} is given twice; give it once.`);
  return typeof value === 'string' ? value : undefined;
}

/** A switch that stands alone says true. */
function switched(type: OptionType, value: string | undefined): string | undefined {
  return type === 'yes-or-no' && value === '' ? 'true' : value;
}

function flagsOf(parsed: Given): Flags {
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
    load: single(parsed, 'load'),
    limit: single(parsed, 'limit'),
    origin: parsed['origin'] === true,
    values,
  };
}
