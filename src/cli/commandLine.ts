import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import { describeUnknown, exitCodes, Failure } from '../failure';
import type { GivenValues } from '../settings/settings';
import { definitionOf, optionNames } from '../settings/options';

/** Flags that say what to do; all settings have flags of their own beside these. */
export interface Flags {
  dryRun: boolean;
  logJson: boolean;
  syncDbUsers: boolean;
  /** File mode in octal, or undefined when the flag was not given. */
  fixPermissions: string | undefined;
  values: GivenValues;
}

/** Carries out a command line; returns the exit code and never throws. */
export async function runCommandLine(argv: string[]): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = await parseFlags(argv);
    if (flags === undefined) return exitCodes.done;
    const { runCommand } = await import('./commands.js');
    return await runCommand(flags);
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure(
            'unexpected',
            `Unexpected error: ${describeUnknown(error)}. Please report it with this line.`,
          );
    await showFailure(failure, flags?.logJson ?? argv.includes('--log-json'));
    return exitCodes[failure.outcome];
  }
}

async function showFailure(failure: Failure, json: boolean): Promise<void> {
  const { JsonRenderer, TextRenderer } = await import('../report/renderer.js');
  const renderer = json ? new JsonRenderer() : new TextRenderer();
  renderer.ending({ outcome: failure.outcome, message: failure.message, steps: [] });
}

/** Reads the flags; undefined when help or version was shown. @throws Failure `configuration` for unknown flags */
export async function parseFlags(argv: string[]): Promise<Flags | undefined> {
  const { default: yargs } = await import('yargs');
  let shown = false;
  let problem: string | undefined;
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
  if (shown) return undefined;
  return flagsOf(parsed);
}

function flagsOf(parsed: Record<string, unknown>): Flags {
  const values: GivenValues = {};
  for (const name of optionNames) {
    const value = parsed[definitionOf(name).flag];
    if (Array.isArray(value))
      throw new Failure('configuration', `--${definitionOf(name).flag} is given twice; give it once.`);
    if (typeof value === 'string') values[name] = value;
  }
  const mode = parsed['fix-permissions'];
  return {
    dryRun: parsed['dry-run'] === true,
    logJson: parsed['log-json'] === true,
    syncDbUsers: parsed['sync-db-users'] === true,
    fixPermissions: typeof mode === 'string' ? mode || '0644' : undefined,
    values,
  };
}

function describe(parser: Argv): Argv {
  let described = parser
    .scriptName('credential-rotation')
    .usage(
      "$0 [options]\n\nRotates the database passwords of a running OpenEMR: moves it to the standby slot, proves that it works,\nthen renews the password of the slot it left and the admin's.",
    )
    .option('dry-run', {
      type: 'boolean',
      group: 'Rotation:',
      describe: 'show what would be done; writes nothing',
    })
    .option('sync-db-users', {
      type: 'boolean',
      group: 'Rotation:',
      describe: "only set both slots' users to the slot secret",
    })
    .option('fix-permissions', {
      type: 'string',
      group: 'Rotation:',
      describe: 'only set the mode of sqlconf.php, 0644 or the given one (e.g. 0440)',
    })
    .option('log-json', {
      type: 'boolean',
      group: 'Output:',
      describe: 'one JSON object a line; the last one is the result',
    })
    .conflicts('fix-permissions', ['sync-db-users', 'dry-run'])
    .example('$0 --dry-run', 'see the plan, a masked diff and the preflight')
    .example('$0', 'rotate, or finish a rotation that was interrupted')
    .example('$0 --sync-db-users', 'repair the database users from the slot secret')
    .epilogue(epilogue)
    .strict()
    .help()
    .version(packageVersion())
    .wrap(110);
  for (const name of optionNames) {
    const { flag, group, describe: text, variable } = definitionOf(name);
    described = described.option(flag, {
      type: 'string',
      group: `${group}:`,
      describe: `${text} [${variable}]`,
      requiresArg: true,
    });
  }
  return described;
}

const epilogue = `Each setting is also read from the environment (names in brackets) or from Pulumi.<stack>.yaml; a flag wins.
Exit codes: 0 done · 1 unexpected · 2 configuration · 3 permission · 4 failed before the switch, old password live ·
8 stopped by a signal · 9 timeout · 10 drift · 11 locked by another rotation · 12 held after the switch, new password
live, run again to finish · 13 rolled back, old password live`;

function packageVersion(): string {
  const file = path.resolve(__dirname, '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
