import type { RequestKind } from '../../rotation/rotationPlan';
import { parseRecent } from '../../rotation/age';
import type { RunRequest } from '../../run/request';
import type { Flags } from '../invocation';
import { readPlanFile, writePlanFile } from '../planFile';
import { listenersOf, rendererOf, requestOf, settingsOf } from '../request';
import { carryOut, showDryRun } from '../run';

/** The default command. Returns the exit code; throws a Failure when it cannot begin. */
export async function rotateCommand(flags: Flags): Promise<number> {
  if (flags.fixPermissions !== undefined) {
    const { fixPermissionsCommand } = await import('./fixPermissions.js');
    return fixPermissionsCommand(flags, flags.fixPermissions);
  }
  const { dryRun, planFile, ifOlderThan, syncDbUsers } = flags;
  const settings = settingsOf(flags);
  const renderer = rendererOf(flags);
  const kind: RequestKind = syncDbUsers ? 'sync' : 'rotate';
  const request: RunRequest = {
    ...requestOf(kind, settings, renderer),
    ...(ifOlderThan === undefined ? {} : { ifOlderThan: parseRecent(ifOlderThan) }),
  };
  if (dryRun) {
    const preview = await showDryRun({ ...request, saveEnginePlan: planFile !== undefined }, renderer);
    if (planFile !== undefined) await writePlanFile(planFile, preview);
    return preview.end();
  }
  const savedPlan = planFile === undefined ? {} : { savedPlan: await readPlanFile(planFile) };
  return carryOut({ ...request, ...savedPlan }, renderer, listenersOf(settings));
}
