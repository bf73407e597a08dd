import type { Argv } from 'yargs';
import { commandTable, programName, settingFlags } from './commandTable';
import type { Command, Flag } from './table/command';

/** Prints the completion script of the shell. */
export async function printCompletionScript(): Promise<void> {
  (await completer()).showCompletionScript();
}

/** Whether the completion script asks what could come next. */
export function isCompletionRequest(argv: readonly string[]): boolean {
  return argv.includes('--get-yargs-completions');
}

/** Prints what could come next in a command line. */
export async function printCompletions(argv: string[]): Promise<void> {
  await (await completer()).parseAsync(argv);
}

/** The commands as yargs knows them; it only completes them. */
async function completer(): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  const parser = declared(yargs([]), commandTable)
    .scriptName(programName)
    .exitProcess(false)
    .help()
    .version();
  return settingFlags.reduce(withFlag, parser.locale('en'));
}

function declared(parser: Argv, table: Readonly<Record<string, Command>>): Argv {
  return Object.entries(table).reduce((above, [word, { summary, flags = [], below = {} }]) => {
    const words = word === 'rotate' ? [word, '$0'] : word;
    return above.command(words, summary, (parser) => flags.reduce(withFlag, declared(parser, below)));
  }, parser);
}

function withFlag(parser: Argv, { name, value, choices, summary }: Flag): Argv {
  return parser.option(name, {
    type: value === undefined ? 'boolean' : 'string',
    describe: summary,
    ...(choices === undefined ? {} : { choices }),
  });
}
