import { exitCodes } from '../failure';
import { stepTitles } from '../plan/steps';
import { outcomes } from '../rotation/ends';
import { environmentOnly } from '../settings/environmentOnly';
import type { OptionDefinition } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import { projectName } from '../settings/settings';
import { expectedOf } from '../settings/values';

/** The help of one command; no words stand for the command itself. */
export interface CommandHelp {
  words: string[];
  /** One line, from the list of commands. */
  summary: string;
  /** Its help; empty for a command that has none of its own. */
  text: string;
}

const groups = [...new Set(optionNames.map((option) => definitionOf(option).group))];

/** The whole of docs/reference.md, from the tables in the code and the help of every command. */
export function renderReference(helps: readonly CommandHelp[]): string {
  const whole = helps.find(({ words }) => words.length === 0)?.text ?? '';
  const commands = helps.filter(({ words }) => words.length > 0);
  return [
    '# Reference',
    '',
    'Made by `npm run docs` from the code; a test compares. What to do when something fails is in [operations.md](operations.md).',
    '',
    '## Commands',
    '',
    `\`${name}\` without a command is \`${name} rotate\`. Every command also takes the flags of the settings below, and \`--help\`.`,
    ...commands.flatMap(commandSection),
    '',
    '## Settings',
    '',
    `A flag wins over its variable, that over the key in \`Pulumi.<stack>.yaml\` (under \`${projectName}:\`), that over the default.`,
    ...groups.flatMap(settingSection),
    '',
    '## Variables without a flag',
    '',
    ...table(
      ['variable', 'meaning'],
      Object.entries(environmentOnly).map(([variable, meaning]) => [code(variable), meaning]),
    ),
    '',
    'AWS credentials, region of the state and endpoints: as for every AWS SDK.',
    '',
    '## Exit codes',
    '',
    ...table(['code', 'outcome', 'meaning'], exitRows(whole)),
    '',
    '## Steps',
    '',
    'The numbers stand in messages and in JSON.',
    '',
    ...table(['step', 'title'], Object.entries(stepTitles)),
    '',
  ].join('\n');
}

const name = 'credential-rotation';

function commandSection({ words, summary, text }: CommandHelp): string[] {
  const [usage = `${name} ${words.join(' ')}`, ...about] = linesAboveHeadings(text);
  const settings = new Set(optionNames.map((option) => `--${definitionOf(option).flag}`));
  const flags = flagRows(text).filter(([flag = '']) => !settings.has(flag) && !common.has(flag));
  const examples = linesUnder(text, 'Examples');
  return [
    '',
    `### ${words.join(' ')}`,
    '',
    `${code(usage.replace(' [options]', ''))}: ${summary}.`,
    ...about.filter((line) => line !== summary).flatMap((line) => ['', line]),
    '',
    ...(flags.length === 0
      ? ['No flags of its own.']
      : table(
          ['flag', 'meaning'],
          flags.map(([flag = '', meaning = '']) => [code(flag), meaning]),
        )),
    ...(examples.length === 0 ? [] : ['', '```sh', ...alignedExamples(examples), '```']),
  ];
}

const common = new Set(['--help', '--version']);

/** What stands above the first heading, without empty lines. */
function linesAboveHeadings(text: string): string[] {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => /^[A-Z][a-z ]+:$/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).filter((line) => line !== '');
}

function linesUnder(text: string, heading: string): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(`${heading}:`);
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.indexOf('');
  return rest.slice(0, end < 0 ? undefined : end);
}

/** Every `--flag  meaning  [type]` of a help text that is not wrapped. */
function flagRows(text: string): string[][] {
  return text.split('\n').flatMap((line) => {
    const [, flag = '', meaning = ''] = /^ +(--[a-z][a-z-]*) +(.*)$/.exec(line) ?? [];
    return flag === '' ? [] : [[flag, meaning.replace(/ +\[(boolean|string)\]$/, '').trim()]];
  });
}

function alignedExamples(lines: readonly string[]): string[] {
  const pairs = lines.map((line) => line.trim().split(/ {2,}/));
  const width = Math.max(...pairs.map(([command = '']) => command.length));
  return pairs.map(([command = '', meaning = '']) => `${command.padEnd(width)}  # ${meaning}`);
}

function settingSection(group: OptionDefinition['group']): string[] {
  const rows = optionNames
    .map(definitionOf)
    .filter((definition) => definition.group === group)
    .map(({ flag, variable, stackKey, type, required, default: value, describe }) => [
      code(variable),
      code(`--${flag}`),
      code(stackKey),
      expectedOf(type),
      required === true ? 'required' : value === undefined ? '–' : code(value),
      describe,
    ]);
  return [
    '',
    `### ${group}`,
    '',
    ...table(['variable', 'flag', 'stack key', 'value', 'default', 'meaning'], rows),
  ];
}

/** The meanings are those of the help; the codes are those of the code. */
function exitRows(help: string): string[][] {
  const lines = (help.split('Exit codes:\n')[1] ?? '').split('\n');
  return outcomes.map((outcome) => {
    const number = String(exitCodes[outcome]);
    const line = lines.find((each) => each.trim().split(' ')[0] === number) ?? '';
    return [number, code(outcome), line.trim().slice(number.length).trim()];
  });
}

function table(head: string[], rows: readonly string[][]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellText).join(' | ')} |`);
}

function cellText(text: string): string {
  const escaped = text.replaceAll('|', '\\|');
  // Outside of code, Markdown takes <stack> for HTML.
  return escaped.startsWith('`') ? escaped : escaped.replaceAll('<', '\\<');
}

function code(text: string): string {
  return `\`${text}\``;
}
