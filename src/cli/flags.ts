import type { Options } from 'yargs';

/** The flag `--json` of every command that has it. */
export const json: Options = { type: 'boolean', group: 'Output:', describe: 'the result as one JSON object' };

/** The flag `--log-json` of every command that has it. */
export const logJson: Options = {
  type: 'boolean',
  group: 'Output:',
  describe: 'one JSON object a line; the last one is the result',
};

/** A flag that takes a text, in a group of the help. */
export function textFlag(group: string, describe: string): Options {
  return { type: 'string', group: `${group}:`, requiresArg: true, describe };
}
