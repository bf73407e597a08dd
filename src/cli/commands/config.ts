import { exitCodes } from '../../base/failure';
import { aligned } from '../../report/table';
import type { ListedSetting, Listing } from '../../settings/listing';
import { listSettings } from '../../settings/listing';
import type { Flags } from '../invocation';
import { rendererOf } from '../request';

/** Shows every setting; works with missing ones. Returns the exit code: 2 when a rotation would refuse the settings. */
export async function configCommand(flags: Flags): Promise<number> {
  const listing = listSettings(flags.values, process.env, process.cwd());
  const outcome = listing.problems.length === 0 ? 'done' : 'configuration';
  const renderer = rendererOf(flags);
  if (flags.json) renderer.object('config', { outcome, exitCode: exitCodes[outcome], ...listing });
  else configLines(listing, flags.origin).forEach((line) => renderer.line(line));
  return exitCodes[outcome];
}

/** The settings for a person; the last lines say what is wrong with them. */
export function configLines({ settings, problems }: Listing, withOrigin: boolean): string[] {
  const rows = settings.map((setting) => {
    const row = [setting.variable, valueText(setting)];
    return withOrigin ? [...row, originText(setting)] : row;
  });
  return [...aligned(rows, ''), ...problems.map((problem) => `✗ ${problem}.`)];
}

function valueText({ value, required }: ListedSetting): string {
  return value ?? (required ? '(missing)' : '–');
}

function originText({ origin, flag, file }: ListedSetting): string {
  if (origin === 'flag') return `flag --${flag}`;
  return file === null ? origin : `${origin} ${file}`;
}
