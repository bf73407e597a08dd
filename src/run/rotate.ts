import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import { decidingCode, Failure, jointOutcome } from '../base/failure';
import { observe } from '../inspect/observe';
import { readRenewedAt } from '../inspect/renewedAt';
import { healthBefore, withHealth } from '../steps/08-health/preflight';
import type { PreflightAround } from '../steps/preflight';
import { aroundOf, preflight } from '../steps/preflight';
import type { Journal, Observation } from '../rotation/observation';
import { dueNow, isRenewal } from '../rotation/age';
import { planRotation } from '../rotation/planRotation';
import type { PastSteps } from '../rotation/stepTimes';
import type { PlannedRotation, RotationPlan } from '../rotation/rotationPlan';
import { planDifferences } from '../rotation/savedPlan';
import { planId } from '../rotation/rotationPlan';
import { cleanUp } from '../openemr/file/sqlconfFile';
import {
  adminLockName,
  adminLockWaitMs,
  firstHeld,
  holderText,
  lockedFailure,
  lockHolder,
  runLockNames,
} from '../mysql/lock';
import { listenToNotices } from '../base/notices';
import { beginRun } from '../base/thisRun';
import type { FailedAt } from '../rotation/policy';
import { onFailure, cancelled } from './onFailure';
import { journalToTakeUp } from '../inspect/canRollBack';
import { lookForEngine } from '../engine/find';
import { StateIsClosed } from '../engine/failure';
import { readJournal } from '../engine/state';
import { pastStepsOf, provenanceOf } from '../engine/pastSteps';
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
import { runPreview } from '../engine/update';
import type { OpenedStack } from '../engine/workspace';
import { openStack, openStackForPreview } from '../engine/workspace';
import type { PreviewedChange } from '../rotation/news';

/** The state and the world, as a run found them. */
type Found = OpenedStack & { observation: Observation };

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
  // A rollback that was cut off is finished first; then the rotation that was asked for starts afresh.
  const finishedRollback = first.resumed && first.planned.plan.kind === 'rollback' && !first.failure;
  const wantsMore = finishedRollback && request.kind === 'rotate' && !request.savedPlan;
  if (!wantsMore) return first;
  const again = openedBesideObserving(request, world, openStack(request.location));
  return rotateOnce(request, world, await again);
}

async function notDueReason(
  { ifOlderThan, keepSecret, tell }: RunRequest,
  { secrets }: OpenWorld,
  { deployment, observation }: Found,
): Promise<string | undefined> {
  if (ifOlderThan === undefined) return undefined;
  const journal = readJournal(deployment);
  const renewedAt = isRenewal(journal)
    ? undefined
    : await readRenewedAt(secrets, observation.slotSecret, keepSecret);
  const { reason, notice } = dueNow(observation, journal, ifOlderThan, { now: new Date(), renewedAt });
  if (notice !== undefined) tell({ kind: 'notice', text: notice });
  return reason;
}

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
  return sayingWhatIsLive(request, preview);
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
  const journal = await journalToTakeUp(request, world, readJournal(found.deployment));
  const { planned: decided, resumed } = plan(request, found, journal);
  const { planned, around } = await lookedAt(request, found, decided, { resumed, lookMs: previewLookMs });
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
  const names = await runLockNames(world.slotSecretArn, world.kubernetes);
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

/** The engine's start and the reading of the world take about as long as each other: they run side by side. */
async function openedBesideObserving<T extends OpenedStack>(
  { settings, saw }: RunRequest,
  world: OpenWorld,
  opening: Promise<T>,
): Promise<T & { observation: Observation }> {
  const observing = observe(settings.context, world, world.credentials);
  const [opened, observation] = await Promise.allSettled([opening, observing]);
  // A world that cannot be read is the better reason: it is what the operator can fix.
  if (observation.status === 'rejected') throw observation.reason;
  saw?.(observation.value);
  if (opened.status === 'rejected') throw opened.reason;
  return { ...opened.value, observation: observation.value };
}

/** How long the database's clients are watched, in ms: about as long as what goes on beside it, preview or checks. */
const previewLookMs = 2000;
const runLookMs = 300;

/** A new plan with what the health page says before it; one that is taken up keeps what its first run saw. */
async function lookedAt(
  { settings, savedPlan }: RunRequest,
  { observation }: Found,
  planned: PlannedRotation,
  { resumed, lookMs }: { resumed: boolean; lookMs: number },
): Promise<{ planned: PlannedRotation; around: PreflightAround }> {
  const look = resumed ? undefined : await healthBefore(planned, settings);
  const { sqlconf, kubernetesSecret } = observation;
  const works = { sqlconf: sqlconf.works, kubernetesSecret: kubernetesSecret.works };
  const around = aroundOf(settings, { resumed, works, look, lookMs });
  return { planned: resumed ? planned : withHealth(planned, look, savedPlan), around };
}

function plan(
  { kind, savedPlan, keepSecret, tell }: RunRequest,
  { deployment, observation }: Found,
  journal: Journal | undefined,
): { planned: PlannedRotation; resumed: boolean } {
  secretsOf(observation).forEach(keepSecret);
  const now = savedPlan ? new Date(savedPlan.plan.startedAt) : new Date();
  const id = savedPlan?.plan.id ?? planId(now, randomBytes(3).toString('hex'));
  // A saved plan is carried out as it stands; who does so is noted beside it.
  const { by, previous } = savedPlan?.plan ?? provenanceOf(deployment);
  const provenance = { ...(by === undefined ? {} : { by }), ...(previous === undefined ? {} : { previous }) };
  const result = planRotation(observation, { kind, id, now, ...provenance }, journal);
  if (result.kind === 'refused') throw new Failure('plan-impossible', result.problems.join(' '));
  const { planned, resumed, notices } = result;
  if (savedPlan) refuseOtherPlan(savedPlan.plan, planned.plan, resumed);
  tell({ kind: 'planned', planned, resumed, notices });
  return { planned, resumed };
}

/** @throws Failure `drift` when the world is no longer the one that the saved plan was made for */
function refuseOtherPlan(saved: RotationPlan, found: RotationPlan, resumed: boolean): void {
  // It is the saved one, begun: passwords that the database refused were made again, by this plan's own rules.
  if (resumed && found.id === saved.id) return;
  if (resumed)
    throw new Failure(
      'saved-plan-outdated',
      `Rotation ${found.id} is not finished, so the saved plan ${saved.id} does not fit; run without --plan to finish it, then make a new plan.`,
    );
  const differences = planDifferences(saved, found);
  if (differences.length === 0) return;
  throw new Failure(
    'saved-plan-outdated',
    `The saved plan ${saved.id} no longer fits: ${differences.join('; ')}. Nothing was changed; make a new plan with --dry-run --plan.`,
  );
}

function secretsOf({ sqlconf, kubernetesSecret, slotSecret }: Observation): string[] {
  const entries = Object.values(slotSecret.document.entries);
  const passwords = entries.map((entry) => (entry.kind === 'complete' ? entry.login.password : ''));
  return [...passwords, sqlconf.login.password, kubernetesSecret.data['mysql-password'] ?? ''];
}

function jointFailure(problems: readonly Failure[]): Failure {
  const reasons = problems.map(({ message }) => message).join(' ');
  const code = decidingCode(problems) ?? 'uncoded';
  return new Failure(code, `${reasons} Nothing was changed.`, { outcome: jointOutcome(problems) });
}

async function rotateOnce(request: RunRequest, world: OpenWorld, opened: Found): Promise<RunResult> {
  const { stack } = opened;
  const journal = await journalToTakeUp(request, world, readJournal(opened.deployment));
  const { planned: decided, resumed } = plan(request, opened, journal);
  const { planned: wanted, around } = await lookedAt(request, opened, decided, {
    resumed,
    lookMs: runLookMs,
  });
  if (!resumed) {
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
  const { steps, failure, past } = result;
  if (failure instanceof StateIsClosed && !resumed) throw failure;
  const before = resumed ? pastStepsOf(opened.deployment)?.ends.map((end) => end.step) : undefined;
  const { step, furthest } = result;
  const at = { step, furthest, reached: furthestOf([step, furthest, ...(before ?? [])]) };
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
  const { id, ends } = ended.past;
  const failed = { at: new Date().toISOString(), message: 'Stopped by a signal.' };
  const what = ended.planned.plan.kind === 'rollback' ? 'rollback' : 'rotation';
  return { ...ended, past: { id, ends, failed }, failure: await cancelled(request, at, what) };
}
