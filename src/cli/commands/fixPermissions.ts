import { exitCodes, Failure } from '../../failure';
import { definitionOf } from '../../settings/options';
import { gather } from '../../settings/settings';
import type { Flags } from '../invocation';
import { rendererOf } from '../request';

/** Sets the mode of `sqlconf.php` and nothing else, as the Python tool's flag of the same name. */
export async function fixPermissionsCommand(flags: Flags, text: string): Promise<number> {
  const renderer = rendererOf(flags);
  const { flag, variable } = definitionOf('sitesRoot');
  const { sitesRoot, site, fileLimitSeconds } = gather(flags.values, process.env, process.cwd());
  if (sitesRoot === undefined)
    throw new Failure('configuration', `Settings: ${variable} (or --${flag}) is missing.`);
  if (!/^0?[0-7]{3}$/.test(text))
    throw new Failure('configuration', '--fix-permissions takes an octal mode such as 0644 or 0440.');
  const {
    fixPermissions: fix,
    limitFileAccess,
    readSqlconf,
  } = await import('../../world/file/sqlconfFile.js');
  limitFileAccess(Number(fileLimitSeconds?.value ?? definitionOf('fileLimitSeconds').default));
  const file = await readSqlconf(sitesRoot.value, site?.value);
  const { before, after } = await fix(file, Number.parseInt(text, 8));
  const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
  const message = `${file.path}: mode ${octal(before)} → ${octal(after)}.`;
  renderer.ending({ outcome: 'done', message, steps: [] });
  return exitCodes.done;
}
