import type { Outcome } from '../../failure';
import { exitCodes, Failure } from '../../failure';
import { differencesOf } from '../../report/differences';
import type { RequestKind } from '../../plan/rotationPlan';
import type { Ending, Renderer } from '../../report/renderer';
import { definitionOf } from '../../settings/options';
import type { Settings } from '../../settings/settings';
import { gather } from '../../settings/settings';
import type { Flags } from '../invocation';
import { rendererOf, requestOf, settingsOf } from '../request';
import { withStopSignals } from '../signals';

/** The default command. Returns the exit code; throws a Failure when nothing was changed. */
export async function rotateCommand(flags: Flags): Promise<number> {
  const renderer = rendererOf(flags);
  if (flags.fixPermissions !== undefined) return fixPermissions(flags, flags.fixPermissions, renderer);
  const settings = settingsOf(flags);
  renderer.news({ kind: 'reading' });
  return flags.dryRun ? dryRun(flags, settings, renderer) : rotate(flags, settings, renderer);
}

async function rotate(flags: Flags, settings: Settings, renderer: Renderer): Promise<number> {
  const [{ rotate: run }, { killEngines }] = await Promise.all([
    import('../../stack/rotation.js'),
    import('../../stack/engineProcess.js'),
  ]);
  const request = requestOf(kindOf(flags), settings, renderer);
  const result = await withStopSignals((signal) => run({ ...request, signal }), killEngines);
  const { planned, resumed, steps, failure } = result;
  const { kind, to } = planned.plan;
  const done =
    kind === 'sync'
      ? 'Both database users log in, with the passwords that OpenEMR and the slot secret name.'
      : `OpenEMR runs on slot ${to}.`;
  return end(renderer, {
    outcome: failure?.outcome ?? 'done',
    message: failure?.message ?? done,
    planned,
    resumed,
    steps,
  });
}

async function dryRun(flags: Flags, settings: Settings, renderer: Renderer): Promise<number> {
  const [{ dryRun: run }, { killEngines }] = await Promise.all([
    import('../../stack/rotation.js'),
    import('../../stack/engineProcess.js'),
  ]);
  const request = requestOf(kindOf(flags), settings, renderer);
  const preview = await withStopSignals((signal) => run({ ...request, signal }), killEngines);
  renderer.preview({ ...preview, differences: differencesOf(preview.planned) });
  const { planned, resumed, problems } = preview;
  const outcome: Outcome = preview.lockedBy !== '' ? 'locked' : problems.length === 0 ? 'done' : 'permission';
  const message =
    problems.length === 0
      ? 'Dry run: nothing was changed.'
      : `Dry run: ${problems.length} problem(s) would stop the rotation; nothing was changed.`;
  return end(renderer, { outcome, message, planned, resumed, steps: [] });
}

function kindOf({ syncDbUsers }: Flags): RequestKind {
  return syncDbUsers ? 'sync' : 'rotate';
}

function end(renderer: Renderer, ending: Ending): number {
  renderer.ending(ending);
  return exitCodes[ending.outcome];
}

/** Sets the mode of `sqlconf.php` and nothing else, as the Python tool's flag of the same name. */
async function fixPermissions(flags: Flags, text: string, renderer: Renderer): Promise<number> {
  const { flag, variable } = definitionOf('sitesRoot');
  const { sitesRoot, site } = gather(flags.values, process.env, process.cwd());
  if (sitesRoot === undefined)
    throw new Failure('configuration', `Settings: ${variable} (or --${flag}) is missing.`);
  if (!/^0?[0-7]{3}$/.test(text))
    throw new Failure('configuration', '--fix-permissions takes an octal mode such as 0644 or 0440.');
  const { fixPermissions: fix, readSqlconf } = await import('../../world/file/sqlconfFile.js');
  const file = await readSqlconf(sitesRoot.value, site?.value);
  const { before, after } = await fix(file, Number.parseInt(text, 8));
  const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
  return end(renderer, {
    outcome: 'done',
    message: `${file.path}: mode ${octal(before)} → ${octal(after)}.`,
    steps: [],
  });
}
