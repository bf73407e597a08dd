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
  if (shown) return undefined;
  return flagsOf(parsed);
}

/** yargs takes any value but `true` for false: `--dry-run=yes` would rotate. */
function unclearSwitch(argv: string[]): string | undefined {
  const unclear = argv.find((word) =>
    /^--(dry-?[rR]un|log-?[jJ]son|sync-?[dD]b-?[uU]sers)=(?!(true|false)$)/.test(word),
  );
  return unclear === undefined ? undefined : `${unclear.split('=')[0]} takes no value`;
}

function flagsOf(parsed: Record<string, unknown>): Flags {
  const single = (flag: string): string | undefined => {
    const value = parsed[flag];
    if (Array.isArray(value)) throw new Failure('configuration', `--${flag} is given twice; give it once.`);
    return typeof value === 'string' ? value : undefined;
  };
  const [word] = parsed['_'] as unknown[];
  // What stands after -- is not checked by yargs.
  if (word !== undefined)
    throw new Failure(
      'configuration',
      `Unknown argument: ${JSON.stringify(word)}; see credential-rotation --help.`,
    );
  const values: GivenValues = {};
  for (const name of optionNames) {
    const value = single(definitionOf(name).flag);
    if (value !== undefined) values[name] = value;
  }
  const mode = single('fix-permissions');
  return {
    dryRun: parsed['dry-run'] === true,
    logJson: parsed['log-json'] === true,
    syncDbUsers: parsed['sync-db-users'] === true,
    fixPermissions: mode === undefined ? undefined : mode || '0644',
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
    .parserConfiguration({ 'dot-notation': false, 'boolean-negation': false })
    .help()
    .version(packageVersion())
    .locale('en')
    .wrap(120);
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

Exit codes:
   0  done
   1  unexpected error
   2  configuration: nothing was changed
   3  permission: nothing was switched
   4  failed before the switch, the old password is live
   8  stopped by a signal, run again to finish
   9  timeout (reserved)
  10  drift (reserved)
  11  another rotation holds the lock
  12  held after the switch, the new password is live, run again to finish
  13  rolled back, the old password is live`;

function packageVersion(): string {
  const file = path.resolve(__dirname, '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
