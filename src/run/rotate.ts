import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import { Failure } from '../base/failure';
import { removeCanary } from '../steps/04-canary/leftovers';
import { preflight } from '../steps/preflight';
import type { PastSteps } from '../rotation/stepTimes';
import { cleanUp } from '../openemr/file/sqlconfFile';
import { runLockNames } from '../mysql/lock';
import { listenToNotices } from '../base/notices';
import { beginRun } from '../base/thisRun';
import type { FailedAt } from '../rotation/policy';
import { onFailure, cancelled } from './onFailure';
import { lookForEngine } from '../engine/find';
import { StateIsClosed } from '../engine/failure';
import { reachedIn } from '../engine/pastSteps';
import { openAdminSession, openWorld } from './openWorld';
import type { NotDue, OpenWorld, RunRequest, RunResult } from './request';
import { noteFailure } from '../engine/failureNotes';
import { sayingWhatIsLive } from './live';
import { updateWithOtherPassword } from './retryPassword';
import { withRolloutNews } from './rolloutNews';
import { updateRestartingAgain } from './restartAgain';
import { RunLock } from './runLock';
import { furthestOf } from '../engine/stepTracker';
import { tellOfIdleProof } from './tellOfIdleProof';
import type { UpdateRequest } from '../engine/update';
import { openStack } from '../engine/workspace';
import type { Found } from './found';
import { planFound, jointFailure, nothingChanged, notDueReason, openedBesideObserving } from './found';

/** Rotates, or takes up what was not finished. Throws a Failure when nothing was changed. */
export function rotate(request: RunRequest): Promise<RunResult | NotDue> {
  return sayingWhatIsLive(request, rotateAlone);
}

async function rotateAlone(request: RunRequest): Promise<RunResult | NotDue> {
  listenToNotices((text) => request.tell({ kind: 'notice', text }));
  lookForEngine();
  const world = await openWorld(request);
  const { context } = request.settings;
  let lock: RunLock | undefined;
  let finding: Promise<Found> | undefined;
  try {
    const names = await runLockNames(world.slotSecretArn, world.kubernetes);
    lock = await RunLock.take(world.session, () => openAdminSession(request, world), names);
    finding = openedBesideObserving(request, world, openStack(request.location));
    finding.catch(() => undefined);
    await lock.takeLease(world.kubernetes);
    await cleanUp(context.sitesRoot, context.site, lock.guard);
    await removeCanary(world.kubernetes, lock.guard);
    return await rotateLocked(stoppingWith(lock, request), world, lock, finding);
  } finally {
    // The engine may be making the stack: the lock stays until it has ended.
    await finding?.catch(() => undefined);
    await (lock?.release() ?? world.session.close());
  }
}

/** The request, stopped in order also when the lock is lost. */
function stoppingWith({ lost, guard }: RunLock, request: RunRequest): RunRequest {
  const signal = request.signal ? AbortSignal.any([request.signal, lost]) : lost;
  return { ...request, signal, guard };
}

async function rotateLocked(
  request: RunRequest,
  world: OpenWorld,
  lock: RunLock,
  finding: Promise<Found>,
): Promise<RunResult | NotDue> {
  beginRun({ guard: lock.guard, adminVersion: () => world.credentials.known });
  const found = await finding;
  const reason = await notDueReason(request, world, found);
  if (reason !== undefined) return { notDue: reason };
  const first = await rotateOnce(request, world, found);
  if (!wantsMore(request, first)) return first;
  const again = await openedBesideObserving(request, world, openStack(request.location));
  const notYet = await notDueReason(request, world, again);
  // That it was finished is what others are to be told.
  if (notYet !== undefined) return first;
  return rotateOnce(request, world, again).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    const why = error.message.replace(nothingChanged, '');
    throw error.saying(
      `The rollback that was cut off is finished; the rotation that was asked for did not begin. ${why}`,
    );
  });
}

/**
 * A rollback that was cut off is finished first; then the rotation that was asked for starts afresh. Where an operator had
 * asked for that rollback, only a scheduled run goes on: nothing was renewed, and its turn would be lost.
 */
function wantsMore({ kind, savedPlan, ifOlderThan }: RunRequest, first: RunResult): boolean {
  const { plan } = first.planned;
  const isBack = plan.kind === 'rollback' || (plan.kind === 'switch-back' && ifOlderThan !== undefined);
  return first.resumed && isBack && !first.failure && kind === 'rotate' && !savedPlan;
}

/** How long the database's clients are watched, in ms: about as long as the checks beside it. */
const runLookMs = 300;

async function rotateOnce(request: RunRequest, world: OpenWorld, opened: Found): Promise<RunResult> {
  const { stack } = opened;
  const { planned: wanted, resumed, isBound, around } = await planFound(request, world, opened, runLookMs);
  if (!isBound) {
    const { problems, notices } = await preflight(wanted, request.settings.context, world, around);
    if (problems.length > 0) throw jointFailure(problems);
    notices.forEach((text) => request.tell({ kind: 'notice', text }));
  } else await tellOfIdleProof(request, world, wanted);
  const listener = withRolloutNews(request, world.kubernetes);
  const update = updateOf(request, { stack, planned: wanted, listener }, resumed);
  const notice = (text: string): void => request.tell({ kind: 'notice', text });
  const { planned, result } = await updateWithOtherPassword(update, {
    secrets: world.secrets,
    tell: notice,
    update: (each) => updateRestartingAgain(each, notice),
  });
  if (result.kind === 'done') return { planned, resumed, steps: result.steps };
  const { steps, step, furthest, failure, past } = result;
  const hasBegun = step !== undefined || furthest !== undefined;
  if (failure instanceof StateIsClosed && !resumed && !hasBegun) throw failure;
  const before = resumed ? reachedIn(opened.deployment) : undefined;
  const at = { step, furthest, reached: furthestOf([step, furthest, before]) };
  const failed = await endOf(request, world, stack, {
    ended: { planned, resumed, steps, failure, past },
    at,
  });
  const noted = failed.failure?.outcome !== 'rolled-back' && failed.past;
  if (noted) await noteFailure(stack, noted, request.guard);
  return failed;
}

/**
 * What a run asks of the engine. One that takes a plan up has a name of its own, so that its proofs are made anew, and
 * no saved plan of the engine: that is of a state in which nothing is made yet.
 */
export function updateOf(
  request: RunRequest,
  carriedOut: Pick<UpdateRequest, 'stack' | 'planned' | 'listener'>,
  resumed: boolean,
): UpdateRequest {
  if (!resumed) return { ...request, ...carriedOut };
  const update = { ...request, ...carriedOut, run: randomBytes(8).toString('hex') };
  delete update.savedPlan;
  return update;
}

/** What a failed update comes to. */
async function endOf(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  { ended, at }: { ended: RunResult & { past: PastSteps }; at: FailedAt },
): Promise<RunResult> {
  const { signal } = request;
  if (signal?.aborted !== true) return onFailure(request, world, stack, ended, at);
  // A lost lock aborts with its own failure, a signal of the operating system without one.
  const lost: unknown = signal.reason;
  if (lost instanceof Failure) return onFailure(request, world, stack, { ...ended, failure: lost }, at);
  const { past } = ended;
  const failed = { at: new Date().toISOString(), message: 'Stopped by a signal.' };
  const what = ended.planned.plan.kind === 'rollback' ? 'rollback' : 'rotation';
  return { ...ended, past: { ...past, failed }, failure: await cancelled(request, at, what) };
}
