import type { Outcome } from '../base/failure';
import { exitCodes } from '../base/failure';
import { outcomes } from '../rotation/ends';
import type { NamedCommand } from './commandTable';
import {
  commandTable,
  commonFlags,
  programName,
  purpose,
  settingFlag,
  settingFlags,
  settingGroups,
} from './commandTable';
import type { Command, Flag } from './table/command';
import { exitMeanings } from './table/command';

/** Columns of a help text. */
const width = 100;

/** The help of the program: all commands, what a rotation takes, all settings. */
export function programHelp(): string {
  const flags = [...(commandTable.rotate.flags ?? []), ...commonFlags];
  return joined([
    [`${programName} [command] [flags]`],
    ...purpose.map((text) => filled(text)),
    commandSection([], commandTable),
    ...flagSections([['Flags', flags], ...settingSections()]),
    exampleSection(commandTable.rotate),
    filled(settingsNote),
    exitSection(exitMeanings),
  ]);
}

/** The help of one command. */
export function commandHelp({ words, command }: NamedCommand): string {
  const { summary, about = [], below, positional, handedOn, flags = [], exits, otherExits } = command;
  const isRotate = words.join(' ') === 'rotate';
  const sections: [string, readonly Flag[]][] = [['Flags', [...flags, ...commonFlags]]];
  if (isRotate) sections.push(...settingSections());
  const named: [string, string][] = [];
  if (positional !== undefined) named.push([argumentText(positional), positional.summary]);
  if (handedOn !== undefined) named.push(['-- ARGUMENTS', handedOn]);
  return joined([
    [usageOf({ words, command })],
    ...(about.length === 0 ? [`${capital(summary)}.`] : about).map((text) => filled(text)),
    below === undefined ? [] : commandSection(words, below),
    named.length === 0 ? [] : ['Arguments:', ...columns(named)],
    ...flagSections(sections),
    isRotate ? filled(settingsNote) : settingList(),
    exampleSection(command),
    exits === undefined ? [] : exitSection(exits, otherExits),
  ]);
}

const settingsNote =
  'Each setting is also read from its variable (in brackets) and from Pulumi.<stack>.yaml. Precedence: flag, environment, stack file, default.';

/** How a command is called, with what it cannot do without. */
export function usageOf({ words, command }: NamedCommand): string {
  const { below, positional, handedOn, flags = [], worksAlone } = command;
  return [
    programName,
    ...words,
    ...(below === undefined || worksAlone === true ? [] : [Object.keys(below).join('|')]),
    ...(positional === undefined ? [] : [argumentText(positional)]),
    ...flags.filter(({ required }) => required).map(flagText),
    '[flags]',
    ...(handedOn === undefined ? [] : ['[-- ARGUMENTS]']),
  ].join(' ');
}

/** What stands for an argument; in brackets where it need not be there. */
export function argumentText({ name, required }: NonNullable<Command['positional']>): string {
  return required === true ? name : `[${name}]`;
}

/** A flag with what stands for its value. */
export function flagText({ name, value, mayStandAlone, takesMany }: Flag): string {
  if (value === undefined) return `--${name}`;
  if (mayStandAlone) return `--${name} [${value}]`;
  return `--${name} ${value}${takesMany ? '...' : ''}`;
}

/** What a flag means, with its default, in words. */
export function meaningOf({ summary, required, default: usual, variable }: Flag): string {
  return [
    summary,
    ...(required ? ['(required)'] : []),
    ...(usual === undefined ? [] : [`(default: ${usual})`]),
    ...(variable === undefined ? [] : [`[${variable}]`]),
  ].join(' ');
}

/** The codes of some ends with their meanings; those with one meaning are one row. */
export function exitRows(exits: Partial<Record<Outcome, string>>, others?: string): [string, string][] {
  const rows: [string, string][] = [];
  for (const outcome of outcomes) {
    const code = exitCodes[outcome];
    const meaning = exits[outcome];
    const same = rows.find(([, text]) => text === meaning);
    if (same) same[0] += `, ${code}`;
    else if (meaning !== undefined) rows.push([String(code), meaning]);
  }
  return others === undefined ? rows : [...rows, ['other', others]];
}

function settingSections(): [string, readonly Flag[]][] {
  return settingGroups.map(({ group, names }) => [`${group} settings`, names.map(settingFlag)]);
}

/** The settings' flags without their meanings: a command's own flags would be lost among them. */
function settingList(): string[] {
  const names = settingFlags.map(({ name }) => `--${name}`).join(' ');
  return [`Settings (${programName} --help explains them):`, ...filled(names, '  ')];
}

function commandSection(words: readonly string[], table: Readonly<Record<string, Command>>): string[] {
  const rows = Object.entries(table).map(([word, { summary, positional }]): [string, string] => [
    [...words, word, ...(positional === undefined ? [] : [argumentText(positional)])].join(' '),
    summary,
  ]);
  return ['Commands:', ...columns(rows)];
}

function flagSections(sections: readonly (readonly [string, readonly Flag[]])[]): string[][] {
  const left = Math.max(...sections.flatMap(([, flags]) => flags.map((flag) => flagText(flag).length)));
  return sections.map(([title, flags]) => [
    `${title}:`,
    ...columns(
      flags.map((flag) => [flagText(flag), meaningOf(flag)]),
      left,
    ),
  ]);
}

function exampleSection({ examples }: Command): string[] {
  const rows = examples.map(([args, meaning]): [string, string] => [
    `${programName} ${args}`.trim(),
    meaning,
  ]);
  return ['Examples:', ...columns(rows)];
}

function exitSection(exits: Partial<Record<Outcome, string>>, others?: string): string[] {
  return ['Exit codes:', ...columns(exitRows(exits, others))];
}

/** Two columns; what does not fit beside a wide left one goes below it. */
function columns(rows: readonly (readonly [string, string])[], atLeast = 0): string[] {
  const left = Math.max(atLeast, ...rows.map(([text]) => text.length));
  const isWide = left > width / 2;
  const indent = ' '.repeat(isWide ? 6 : left + 4);
  return rows.flatMap(([text, meaning]) => {
    const lines = filled(meaning, indent);
    if (isWide) return [`  ${text}`, ...lines];
    const [first = '', ...rest] = lines;
    return [`  ${text.padEnd(left)}  ${first.trimStart()}`, ...rest];
  });
}

/** A text in lines that are not too long; a word that is too long for one stays whole. */
function filled(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent.length + longer.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return [...lines, indent + line];
}

/** The text with a capital letter. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Sections with an empty line between them. */
function joined(sections: readonly (readonly string[])[]): string {
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n');
}
