import type { PlannedRotation } from '../rotation/rotationPlan';
import { adminLockWaitMs } from '../rotation/adminLockWait';
import type { PreviewedChange } from '../rotation/news';
import { Failure } from '../base/failure';
import type { RunRequest, OpenWorld } from './request';
import { sayingWhatIsLive } from './live';
import { lookForEngine } from '../engine/find';
import { openStackForPreview } from '../engine/workspace';
import { openWorld } from './openWorld';
import type { Found } from './found';
import { planFound, jointFailure, notDueReason, openedBesideObserving } from './found';
import { runPreview } from '../engine/update';
import { preflight } from '../steps/preflight';
import { runLockNames, firstHeld, lockedFailure, lockHolder, adminLockName, holderText } from '../mysql/lock';

/** How long the database's clients are watched, in ms: about as long as the engine's preview beside it. */
export const previewLookMs = 1000;

/** What a dry run found. */
export interface DryRun {
  planned: PlannedRotation;
  resumed: boolean;
  changes: PreviewedChange[];
  /** What would stop the rotation. */
  problems: Failure[];
  databaseDifferences: string[];
  /** Why a scheduled run would do nothing yet. */
  notDue: string | undefined;
  enginePlan: unknown;
}

/** Plans and previews; writes nothing anywhere, the state included. */
export function dryRun(request: RunRequest): Promise<DryRun> {
  return sayingWhatIsLive(request, stoppablePreview);
}

/** A signal reaches the engine alone; whatever the dry run then ends with, it is the signal that ended it. */
async function stoppablePreview(request: RunRequest): Promise<DryRun> {
  try {
    return await preview(request);
  } catch (error) {
    if (request.signal?.aborted !== true) throw error;
    throw new Failure('stopped-by-signal', 'Stopped by a signal; nothing was changed.', { cause: error });
  }
}

async function preview(request: RunRequest): Promise<DryRun> {
  lookForEngine();
  // Nothing of a dry run needs a lock: the state is read while the admin logs in.
  const opening = openStackForPreview(request.location);
  opening.catch(() => undefined);
  try {
    const world = await openWorld(request);
    try {
      return await previewFound(request, world, await openedBesideObserving(request, world, opening));
    } finally {
      await world.session.close();
    }
  } finally {
    await opening.then(
      ({ release }) => release(),
      () => undefined,
    );
  }
}

async function previewFound(request: RunRequest, world: OpenWorld, found: Found): Promise<DryRun> {
  const { planned, resumed, around } = await planFound(request, world, found, previewLookMs);
  const run = resumed ? { run: 'preview' } : {};
  const preview = { ...request, ...run, stack: found.stack, planned, listener: () => undefined };
  // An update plan that a stack in a temporary folder made cannot be read by the real one.
  const wantsEnginePlan = request.saveEnginePlan === true && found.deployment !== undefined;
  const previewing = runPreview(preview, wantsEnginePlan);
  // What the preflight cannot read is told before what the engine makes of it.
  previewing.catch(() => undefined);
  const looking = preflight(planned, request.settings.context, world, around);
  const { problems, differences, notices } = await looking.finally(() => previewing.catch(() => undefined));
  const { changes, enginePlan } = await previewing.catch((error: unknown) => {
    // The plugin tries the patches, too: what stands in their way is the better reason.
    throw problems.length > 0 ? jointFailure(problems) : error;
  });
  notices.forEach((text) => request.tell({ kind: 'notice', text }));
  const names = await runLockNames(world.slotSecretArn, world.kubernetes, true);
  const holder = (await firstHeld(world.session, names))?.holder;
  if (holder) problems.push(lockedFailure(holder));
  else await tellAdminLock(request, world);
  const notDue = await notDueReason(request, world, found);
  return { planned, resumed, changes, problems, databaseDifferences: differences, notDue, enginePlan };
}

/** Another OpenEMR's run on the admin secret refuses nothing: this one would wait. */
async function tellAdminLock({ settings, tell }: RunRequest, { session, secrets }: OpenWorld): Promise<void> {
  const { adminSecretId } = settings.context;
  const holder = await lockHolder(session, adminLockName((await secrets.describe(adminSecretId)).arn));
  if (holder)
    tell({
      kind: 'notice',
      text: `The rotation of another OpenEMR works on the admin secret ${adminSecretId}${holderText(holder)}; step 11 would wait for it, at most ${adminLockWaitMs / 1000} s.`,
    });
}
