import { shownUrl } from '../base/urlPassword';
import type { OptionName } from './options';
import { definitionOf, optionNames } from './options';
import type { GivenValues, Origin } from './settings';
import { folders, gather, settingProblems, stackFileName, strayProblems } from './settings';
import { surroundingProblems } from './surroundings';

/** One setting as `config show` lists it. */
export interface ListedSetting {
  variable: string;
  flag: string;
  /** Null when it is not set. A password inside a URL is masked. */
  value: string | null;
  origin: Origin | 'not set';
  /** Name of the stack file, where the value came from it. */
  file: string | null;
  required: boolean;
}

/** All settings, and every one that is missing or malformed. */
export interface Listing {
  settings: ListedSetting[];
  problems: string[];
}

/**
 * Every setting with its value and where it came from; missing ones are listed too.
 * @throws Failure `configuration` only when the stack file is no YAML
 */
export function listSettings(flags: GivenValues, environment: NodeJS.ProcessEnv, folder: string): Listing {
  const values = gather(flags, environment, folder);
  const computed: Partial<Record<OptionName, string>> = folders((name) => values[name]?.value, environment);
  const stack = values.stack?.value ?? '';
  const settings = optionNames.map((name): ListedSetting => {
    const { variable, flag, required = false } = definitionOf(name);
    const found = values[name];
    const value = found?.value ?? computed[name];
    const origin = found?.origin ?? (value === undefined ? 'not set' : 'default');
    const file = origin === 'stack file' ? stackFileName(stack) : null;
    return { variable, flag, value: value === undefined ? null : shownUrl(value), origin, file, required };
  });
  const malformed = [...strayProblems(values, environment, folder), ...settingProblems(values, environment)];
  const problems = malformed.length > 0 ? malformed : surroundingProblems(values, environment, 'writing');
  return { settings, problems };
}
