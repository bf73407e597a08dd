import { exitCodes, Failure } from '../../base/failure';
import { definitionOf } from '../../settings/options';
import { gather, readSettings } from '../../settings/settings';
import type { Flags } from '../invocation';
import { keepSecrets, rendererOf } from '../request';

/** What names the lock of a rotation. */
const lockSettings = ['awsRegion', 'slotSecretId', 'adminSecretId'] as const;

/**
 * Sets the mode of `sqlconf.php` and nothing else, as the Python tool's flag of the same name. It holds the lock of a
 * rotation where the settings name it; with the folder alone there is none.
 */
export async function fixPermissionsCommand(flags: Flags, text: string): Promise<number> {
  const renderer = rendererOf(flags);
  const { flag, variable } = definitionOf('sitesRoot');
  const values = gather(flags.values, process.env, process.cwd());
  const { sitesRoot, site, fileLimitSeconds } = values;
  if (sitesRoot === undefined)
    throw new Failure('setting-invalid', `Settings: ${variable} (or --${flag}) is missing.`);
  if (!/^0?[0-7]{3}$/.test(text))
    throw new Failure('command-line-invalid', '--fix-permissions takes an octal mode such as 0644 or 0440.');
  const {
    fixPermissions: fix,
    limitFileAccess,
    readSqlconf,
  } = await import('../../openemr/file/sqlconfFile.js');
  limitFileAccess(Number(fileLimitSeconds?.value ?? definitionOf('fileLimitSeconds').default));
  const change = async (guard?: () => Promise<void>): Promise<Changed> => {
    const file = await readSqlconf(sitesRoot.value, site?.value);
    return { path: file.path, ...(await fix(file, Number.parseInt(text, 8), guard)) };
  };
  const hasLock = lockSettings.every((name) => values[name] !== undefined);
  if (!hasLock) renderer.news({ kind: 'notice', text: withoutLock });
  const { path, before, after } = hasLock ? await locked(flags, change) : await change();
  const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
  const message = `${path}: mode ${octal(before)} → ${octal(after)}.`;
  renderer.ending({ outcome: 'done', message, steps: [] });
  return exitCodes.done;
}

interface Changed {
  path: string;
  before: number;
  after: number;
}

const withoutLock =
  'no lock is held, since the settings of the database are not given; make sure that no rotation is running';

async function locked(
  flags: Flags,
  change: (guard: () => Promise<void>) => Promise<Changed>,
): Promise<Changed> {
  const { program } = readSettings(flags.values, process.env, process.cwd());
  keepSecrets();
  const { underRunLock } = await import('../../run/lockedPermissions.js');
  return underRunLock(program, change);
}
