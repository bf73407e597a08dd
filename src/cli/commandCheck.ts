import { didYouMean } from '../base/nearest';
import { Failure } from '../base/failure';
import type { NamedCommand } from './commandTable';
import { commandTable, commonFlags, programName, settingFlags, workingCommands } from './commandTable';
import { flagText } from './helpText';
import type { Command, Flag } from './table/command';

/** A command line in parts, before anything is known of it. */
export interface Parts {
  /** Commands and arguments. */
  words: readonly string[];
  /** What begins with a dash, with a value behind `=`. */
  flagWords: readonly string[];
  /** Flags with a value, by name. */
  given: Readonly<Record<string, unknown>>;
  /** What stands behind `--`. */
  handedOn: readonly string[] | undefined;
}

/** The command that words name, and the words behind it. @throws Failure `configuration` for a word that is no command */
export function commandOf(words: readonly string[]): NamedCommand & { rest: readonly string[] } {
  let found: NamedCommand = { words: ['rotate'], command: commandTable.rotate };
  let below: Readonly<Record<string, Command>> | undefined = commandTable;
  let named: readonly string[] = [];
  while (below !== undefined && named.length < words.length) {
    const word = words[named.length] ?? '';
    const command: Command | undefined = Object.hasOwn(below, word) ? below[word] : undefined;
    if (command === undefined) throw unknownCommand(named, word, below);
    named = [...named, word];
    found = { words: named, command };
    below = command.below;
  }
  return { ...found, rest: words.slice(named.length) };
}

function unknownCommand(
  above: readonly string[],
  word: string,
  below: Readonly<Record<string, Command>>,
): Failure {
  const prefix = above.map((each) => `${each} `).join('');
  const what = isShown(word)
    ? `Unknown command ${prefix}${word}.`
    : `The word behind ${[programName, ...above].join(' ')} is no command.`;
  const flags = above.length === 0 ? flagsOf(commandTable.rotate) : commonFlags;
  const offer = flags.some(({ name }) => name === word)
    ? ` Did you mean --${word}?`
    : didYouMean(word, Object.keys(below), prefix);
  return refusal(`${what}${offer} ${hintOf(above)}`);
}

/** Commands are words of letters; anything else may be a value, and a secret one. */
function isShown(word: string): boolean {
  return /^[a-z][a-z-]{0,15}$/i.test(word);
}

function refusal(message: string): Failure {
  return new Failure('command-line-invalid', message);
}

function hintOf(words: readonly string[]): string {
  return `See ${[programName, ...words, '--help'].join(' ')}.`;
}

/** @throws Failure `configuration` for the first flag, word or value that the command does not take */
export function checkParts(
  { words, command, rest }: NamedCommand & { rest: readonly string[] },
  { flagWords, given, handedOn }: Parts,
): void {
  const hint = hintOf(words.join(' ') === 'rotate' ? [] : words);
  const refuse = (problem: string): Failure => refusal(`${problem} ${hint}`);
  const known = flagsOf(command);
  for (const flagWord of flagWords) {
    const problem = flagProblem(flagWord, words, known);
    if (problem !== undefined) throw refuse(problem);
  }
  if (command.below !== undefined && command.worksAlone !== true)
    throw refuse(`${words.join(' ')} needs a word: ${alternatives(Object.keys(command.below))}.`);
  const { positional } = command;
  if (positional?.required === true && rest.length === 0)
    throw refuse(`${words.join(' ')} needs ${positional.name}: ${positional.summary}.`);
  const [stray] = rest.slice(positional === undefined ? 0 : 1);
  if (stray !== undefined)
    throw refuse(`${words.join(' ')} takes no argument${isShown(stray) ? ` ${stray}` : ' there'}.`);
  if (handedOn !== undefined && command.handedOn === undefined)
    throw refuse(`${words.join(' ')} takes nothing behind --.`);
  const problem = combinationProblem(command, given);
  if (problem !== undefined) throw refuse(problem);
}

/** Every flag that a command takes. */
export function flagsOf(command: Command): Flag[] {
  return [...(command.flags ?? []), ...settingFlags, ...commonFlags];
}

/** What others take for these; a flag of ours has one name. */
const usualLetters: Readonly<Record<string, string>> = { '-h': 'help', '-v': 'version', '-V': 'version' };

/** What is wrong with a flag as it was written. No value is told: it may be a secret. */
function flagProblem(flagWord: string, words: readonly string[], known: readonly Flag[]): string | undefined {
  const [, dashes = '', name = ''] = /^(--?)([A-Za-z0-9._-]*)/.exec(flagWord) ?? [];
  const value = flagWord.slice(dashes.length + name.length);
  const isWhole = dashes === '--' && (value === '' || value.startsWith('='));
  const flag = isWhole ? known.find((each) => each.name === name) : undefined;
  if (flag !== undefined) {
    const isSwitch = flag.value === undefined && flag.variable === undefined;
    if (!isSwitch || ['', '=true', '=false'].includes(value)) return undefined;
    return `--${name} takes no value.`;
  }
  const others = workingCommands().filter(({ command }) => command.flags?.some((each) => each.name === name));
  if (isWhole && others.length > 0) {
    const owners = others.map((each) => each.words.join(' '));
    return `--${name} is no flag of ${words.join(' ')}, but of ${alternatives(owners, 'and')}.`;
  }
  // What stands behind one dash and a letter may be that letter's value.
  const shown = dashes === '--' ? `--${name}${isWhole ? '' : '…'}` : `-${name.slice(0, 1)}`;
  const meant = usualLetters[shown];
  const names = known.map((each) => each.name);
  return `Unknown flag ${shown}.${didYouMean(meant ?? name, names, '--')}`;
}

function combinationProblem(
  { flags = [], exclusive = [] }: Command,
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  const isGiven = (name: string): boolean => given[name] !== undefined;
  for (const [first, ...others] of exclusive) {
    const other = isGiven(first) ? others.find(isGiven) : undefined;
    if (other !== undefined) return `--${first} and --${other} exclude each other.`;
  }
  const missing = flags.find(({ name, required }) => required && !isGiven(name));
  if (missing !== undefined) return `${flagText(missing)} is missing.`;
  for (const { name, choices } of flags) {
    const value = given[name];
    if (choices === undefined || typeof value !== 'string' || choices.includes(value)) continue;
    return `--${name} takes ${alternatives(choices)}.${didYouMean(value, choices)}`;
  }
  return undefined;
}

function alternatives(words: readonly string[], between = 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${between} ${last}`;
}
