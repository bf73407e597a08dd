import type { OptionName, OptionType } from '../settings/options';
import { definitionOf, optionNames, usualOf } from '../settings/options';
import type { Command, Flag } from './table/command';
import { evidence } from './table/evidence';
import { fleet } from './table/fleet';
import { init, job } from './table/launchers';
import { completion, config, history, rollback, rotate, status, unlock, verify } from './table/rotation';

/** What the command is called. */
export const programName = 'credential-rotation';

/** What the command is for; paragraphs. */
export const purpose = [
  "Rotates the database passwords of a running OpenEMR: moves it to the standby slot, proves that it works, then renews the password of the slot it left and the admin's.",
];

/** Every command. Help, parser, completion and docs/reference.md are made from this table alone. */
export const commandTable = {
  rotate,
  status,
  verify,
  history,
  evidence,
  rollback,
  unlock,
  config,
  init,
  job,
  fleet,
  completion,
} satisfies Record<string, Command>;

/** Flags of every command. */
export const commonFlags: readonly Flag[] = [
  { name: 'help', summary: 'show this help' },
  { name: 'version', summary: 'show the version' },
];

/** A command with the words that call it. */
export interface NamedCommand {
  words: readonly string[];
  command: Command;
}

/** Every command that does something by itself, in the table's order; those that only lead to others are not among them. */
export function workingCommands(
  table: Readonly<Record<string, Command>> = commandTable,
  above: readonly string[] = [],
): NamedCommand[] {
  return Object.entries(table).flatMap(([word, command]) => {
    const words = [...above, word];
    const itself = command.below === undefined || command.worksAlone === true ? [{ words, command }] : [];
    return [...itself, ...workingCommands(command.below ?? {}, words)];
  });
}

/** What stands for a value in the help; a setting that is on or off is a switch. */
const placeholders: Record<OptionType, string | undefined> = {
  region: 'REGION',
  url: 'URL',
  seconds: 'SECONDS',
  'yes-or-no': undefined,
  canary: 'MODE',
  limit: 'SECONDS',
  count: 'NUMBER',
  folder: 'FOLDER',
  home: 'FOLDER',
  file: 'FILE',
  'metrics-file': 'FILE',
  'base-url': 'URL',
  'backend-url': 'URL',
  'secrets-provider': 'PROVIDER',
  'arn-or-name': 'SECRET',
  'kubernetes-name': 'NAME',
  'site-name': 'NAME',
  'stack-name': 'NAME',
};

/** The flag of a setting, as every command takes it. */
export function settingFlag(name: OptionName): Flag {
  const { flag, variable, type, required, describe } = definitionOf(name);
  const placeholder = placeholders[type];
  const usual = usualOf(name);
  return {
    name: flag,
    ...(placeholder === undefined ? {} : { value: placeholder }),
    ...(required === true ? { required } : {}),
    ...(usual === undefined || placeholder === undefined ? {} : { default: usual }),
    variable,
    summary: describe,
  };
}

/** The settings by their groups, in the order in which they are shown. */
export const settingGroups = [...new Set(optionNames.map((name) => definitionOf(name).group))].map(
  (group) => ({
    group,
    names: optionNames.filter((name) => definitionOf(name).group === group),
  }),
);

/** The flags of all settings. */
export const settingFlags: readonly Flag[] = optionNames.map(settingFlag);
