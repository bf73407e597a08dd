import type { Outcome } from '../../base/failure';

/** One flag of the command line. */
export interface Flag {
  /** Without its dashes. */
  name: string;
  /** What stands for its value, such as `FILE`; a flag without one is a switch. */
  value?: string;
  /** It may also stand alone. */
  mayStandAlone?: true;
  /** It takes several values. */
  takesMany?: true;
  /** The only values that it takes. */
  choices?: readonly string[];
  required?: true;
  /** What holds without it, in a few words. */
  default?: string;
  /** The variable of the environment that says the same. */
  variable?: string;
  summary: string;
}

/** One command, as help, reference, parser and completion know it. */
export interface Command {
  /** One line. */
  summary: string;
  /** What the summary leaves open; paragraphs. */
  about?: readonly string[];
  /** A word behind the command. */
  positional?: { name: string; summary: string; required?: true };
  /** What stands behind `--`, for a command that takes it. */
  handedOn?: string;
  /** Its own flags; every command also takes those of the settings, and `--help`. */
  flags?: readonly Flag[];
  /** Flags of which only one may be given: the first, or any of the others. */
  exclusive?: readonly (readonly [string, ...string[]])[];
  /** What its exit codes mean, where it is not {@link exitMeanings}. */
  exits?: Partial<Record<Outcome, string>>;
  /** What any other exit code means. */
  otherExits?: string;
  /** Arguments, and what they are for. */
  examples: readonly (readonly [args: string, purpose: string])[];
  /** The commands below it; such a command does nothing by itself, but where `worksAlone` says so. */
  below?: Readonly<Record<string, Command>>;
  worksAlone?: true;
}

/** What each exit code means, whatever the command; the order is that of the codes. */
export const exitMeanings: Readonly<Record<Outcome, string>> = {
  done: 'done',
  unexpected: 'unexpected error',
  configuration: 'configuration: nothing was changed',
  permission: 'permission: nothing was switched',
  'before-switch': 'failed before the switch, the old password is live',
  cancelled: 'stopped by a signal, run again to finish',
  timeout: 'timeout (reserved)',
  drift: 'drift: status found places that disagree, or a plan no longer fits',
  locked: 'another rotation holds the lock',
  held: 'held after the switch, the new password is live, run again to finish',
  'rolled-back': 'rolled back, the old password is live',
};

/** The flag `--json`. */
export const json: Flag = { name: 'json', summary: 'print the result as one JSON object' };

/** The flag `--log-json`. */
export const logJson: Flag = {
  name: 'log-json',
  summary: 'print one JSON object per line; the last one is the result',
};

/** The flag `--dry-run` of what would change OpenEMR. */
export const dryRun: Flag = { name: 'dry-run', summary: 'show what would be done; change nothing' };

/** The flag `--yes`. */
export const yes: Flag = { name: 'yes', summary: 'do not ask for confirmation; required without a terminal' };

/** The exit codes of a command that only reads a part of the world. */
export const readingExits: Partial<Record<Outcome, string>> = {
  done: 'done',
  unexpected: exitMeanings.unexpected,
  configuration: 'a setting is missing or wrong',
};
