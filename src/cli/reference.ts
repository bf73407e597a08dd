import { exitCodes } from '../base/failure';
import { stepTitles } from '../rotation/steps';
import { outcomes } from '../rotation/ends';
import { environmentOnly } from '../settings/environmentOnly';
import type { OptionDefinition } from '../settings/options';
import { definitionOf, optionNames, usualOf } from '../settings/options';
import { projectName } from '../settings/settings';
import { expectedOf } from '../settings/values';
import type { NamedCommand } from './commandTable';
import { programName, workingCommands } from './commandTable';
import { exitRows, flagText, usageOf } from './helpText';
import type { Flag } from './table/command';
import { exitMeanings } from './table/command';

/** The text of docs/reference.md as it must be now, from the tables in the code. */
export function referenceText(): string {
  return [
    '# Reference',
    '',
    'Made by `npm run docs` from the code; a test compares. What to do when something fails is in [operations.md](operations.md).',
    '',
    '## Commands',
    '',
    `\`${programName}\` without a command is \`${programName} rotate\`. Every command also takes the flags of the settings below, \`--help\` and \`--version\`. Each command also ends with the codes 1 and 2 of [all](#exit-codes).`,
    ...workingCommands().flatMap(commandSection),
    '',
    '## Settings',
    '',
    `Precedence: flag, environment, stack file (the key in \`Pulumi.<stack>.yaml\`, under \`${projectName}:\`), default.`,
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
    ...table(
      ['code', 'outcome', 'meaning'],
      outcomes.map((outcome) => [String(exitCodes[outcome]), code(outcome), exitMeanings[outcome]]),
    ),
    '',
    '## Steps',
    '',
    'The numbers stand in messages and in JSON.',
    '',
    ...table(['step', 'title'], Object.entries(stepTitles)),
    '',
  ].join('\n');
}

const groups = [...new Set(optionNames.map((option) => definitionOf(option).group))];

function commandSection({ words, command }: NamedCommand): string[] {
  const { summary, about = [], positional, handedOn, flags = [], exits = {}, otherExits, examples } = command;
  const rows = [
    ...(positional === undefined ? [] : [[code(`[${positional.name}]`), '–', positional.summary]]),
    ...(handedOn === undefined ? [] : [[code('-- ARGUMENTS'), '–', handedOn]]),
    ...flags.map(flagRow),
  ];
  return [
    '',
    `### ${words.join(' ')}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...about.flatMap((text) => ['', text]),
    '',
    '```text',
    usageOf({ words, command }),
    '```',
    '',
    ...(rows.length === 0 ? ['No flags of its own.'] : table(['flag', 'default', 'meaning'], rows)),
    '',
    ...table(['exit code', 'meaning'], exitRows(exits, otherExits)),
    '',
    '```sh',
    ...alignedExamples(examples),
    '```',
  ];
}

function flagRow(flag: Flag): string[] {
  const { required, default: usual, variable, summary } = flag;
  const meaning = variable === undefined ? summary : `${summary}; also ${code(variable)}`;
  return [code(flagText(flag)), required ? 'required' : (usual ?? '–'), meaning];
}

function alignedExamples(examples: NamedCommand['command']['examples']): string[] {
  const lines = examples.map(([args, purpose]) => [`${programName} ${args}`.trim(), purpose] as const);
  const width = Math.max(...lines.map(([line]) => line.length));
  return lines.map(([line, purpose]) => `${line.padEnd(width)}  # ${purpose}`);
}

function settingSection(group: OptionDefinition['group']): string[] {
  const rows = optionNames
    .filter((name) => definitionOf(name).group === group)
    .map((name) => {
      const { flag, variable, stackKey, type, required, describe } = definitionOf(name);
      const usual = required === true ? 'required' : (usualOf(name) ?? '–');
      return [code(variable), code(`--${flag}`), code(stackKey), expectedOf(type), usual, describe];
    });
  return [
    '',
    `### ${group}`,
    '',
    ...table(['variable', 'flag', 'stack key', 'value', 'default', 'meaning'], rows),
  ];
}

function table(head: string[], rows: readonly (readonly string[])[]): string[] {
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
