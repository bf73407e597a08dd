import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import { Failure } from '../failure';
import { observe } from '../observe/observe';
import { preflight } from '../observe/preflight';
import type { Observation } from '../plan/observation';
import { planRollback, planRotation } from '../plan/planRotation';
import type { PlannedRotation, RequestKind } from '../plan/rotationPlan';
import { planId } from '../plan/rotationPlan';
import type { ProgramSettings } from '../program/settings';
import type { AdminCredentials } from '../world/adminCredentials';
import { findAdminCredentials } from '../world/adminCredentials';
import type { Session } from '../world/database';
import { openSession } from '../world/database';
import { Kubernetes } from '../world/kubernetes';
import { holderText, lockName, takeLock } from '../world/lock';
import { SecretsManager } from '../world/secretsManager';
import { readJournal } from './journal';
import type { StepEvent, StepResult } from './stepEvents';
import type { PreviewedChange } from './update';
import { runPreview, runUpdate } from './update';
import type { OpenedStack, StackLocation } from './workspace';
import { announceLock, openStack, openStackForPreview } from './workspace';

/** What a run is told, and whom it tells. */
export interface RunRequest {
  kind: RequestKind;
  settings: ProgramSettings;
  location: StackLocation;
  /** Told of everything worth showing; must not throw. */
  tell: (news: RunNews) => void;
  /** Registers a secret value with the scrubber as soon as it is read. */
  keepSecret: (value: string) => void;
  signal?: AbortSignal;
}

/** News of a run for a renderer. */
export type RunNews =
  | { kind: 'planned'; planned: PlannedRotation; resumed: boolean; notices: string[] }
  | { kind: 'step'; event: StepEvent }
  | { kind: 'rolling-back'; failure: Failure; step: number | undefined };

/** How a run ended; a failed one says which password is live in `failure`. */
export interface RunResult {
  planned: PlannedRotation;
  resumed: boolean;
  steps: StepResult[];
  failure?: Failure;
}

/** The world that one run works in. */
interface OpenWorld {
  secrets: SecretsManager;
  kubernetes: Kubernetes;
  credentials: AdminCredentials;
  session: Session;
}

/** Rotates, or takes up what was not finished. Throws a Failure when nothing was changed. */
export async function rotate(request: RunRequest): Promise<RunResult> {
  const world = await openWorld(request);
  try {
    const { arn } = await world.secrets.describe(request.settings.context.slotSecretId);
    const lock = await takeLock(world.session, lockName(arn));
    const opened = await openedBesideObserving(request, world, openStack(request.location));
    announceLock(opened.stack, lock);
    const first = await rotateOnce(request, world, opened);
    // A rollback that was cut off is finished first; then the rotation that was asked for starts afresh.
    const finishedRollback = first.resumed && first.planned.plan.kind === 'rollback' && !first.failure;
    if (!finishedRollback) return first;
    const reopened = await openedBesideObserving(request, world, openStack(request.location));
    announceLock(reopened.stack, lock);
    return await rotateOnce(request, world, reopened);
  } finally {
    await world.session.close();
  }
}

/** Plans and previews; writes nothing anywhere, the state included. */
export async function dryRun(request: RunRequest): Promise<{
  planned: PlannedRotation;
  resumed: boolean;
  changes: PreviewedChange[];
  problems: string[];
  lockedBy: string;
}> {
  const world = await openWorld(request);
  try {
    const { arn } = await world.secrets.describe(request.settings.context.slotSecretId);
    const holder = await holderText(world.session, lockName(arn));
    const opened = await openedBesideObserving(request, world, openStackForPreview(request.location));
    try {
      const { planned, resumed } = plan(request, opened);
      const problems = await preflight(planned, request.settings.context, world.kubernetes, world.session);
      if (holder !== '') problems.push(`Another rotation is running${holder}.`);
      const changes = await runPreview({
        ...request,
        stack: opened.stack,
        planned,
        listener: () => undefined,
      });
      return { planned, resumed, changes, problems, lockedBy: holder };
    } finally {
      await opened.release();
    }
  } finally {
    await world.session.close();
  }
}

async function openWorld({ settings, keepSecret }: RunRequest): Promise<OpenWorld> {
  const { context } = settings;
  const secrets = new SecretsManager(context.region);
  const credentials = await findAdminCredentials(secrets, context.adminSecretId, context.trust);
  keepSecret(credentials.login.password);
  const session = await openSession(credentials.login, context.trust);
  return { secrets, kubernetes: new Kubernetes(context.kubernetes), credentials, session };
}

/** The engine's start and the reading of the world take about as long as each other: they run side by side. */
async function openedBesideObserving<T extends OpenedStack>(
  { settings }: RunRequest,
  world: OpenWorld,
  opening: Promise<T>,
): Promise<T & { observation: Observation }> {
  const observing = observe(settings.context, world, world.credentials);
  const [opened, observation] = await Promise.allSettled([opening, observing]);
  // A world that cannot be read is the better reason: it is what the operator can mend.
  if (observation.status === 'rejected') throw observation.reason;
  if (opened.status === 'rejected') throw opened.reason;
  return { ...opened.value, observation: observation.value };
}

function plan(
  { kind, keepSecret, tell }: RunRequest,
  { deployment, observation }: OpenedStack & { observation: Observation },
): { planned: PlannedRotation; resumed: boolean } {
  secretsOf(observation).forEach(keepSecret);
  const now = new Date();
  const result = planRotation(
    observation,
    { kind, id: planId(now, randomBytes(3).toString('hex')), now },
    readJournal(deployment),
  );
  if (result.kind === 'refused') throw new Failure('configuration', result.problems.join(' '));
  const { planned, resumed, notices } = result;
  tell({ kind: 'planned', planned, resumed, notices });
  return { planned, resumed };
}

function secretsOf({ sqlconf, kubernetesSecret, slotSecret }: Observation): string[] {
  const entries = Object.values(slotSecret.document.entries);
  const passwords = entries.map((entry) => (entry.kind === 'complete' ? entry.login.password : ''));
  return [...passwords, sqlconf.login.password, kubernetesSecret.data['mysql-password'] ?? ''];
}

async function rotateOnce(
  request: RunRequest,
  world: OpenWorld,
  opened: OpenedStack & { observation: Observation },
): Promise<RunResult> {
  const { stack } = opened;
  const { planned, resumed } = plan(request, opened);
  if (!resumed) {
    const problems = await preflight(planned, request.settings.context, world.kubernetes, world.session);
    if (problems.length > 0) throw new Failure('permission', problems.join(' '));
  }
  const listener = (event: StepEvent): void => request.tell({ kind: 'step', event });
  const result = await runUpdate({ ...request, stack, planned, listener });
  if (result.kind === 'done') return { planned, resumed, steps: result.steps };
  const ended: RunResult = { planned, resumed, steps: result.steps, failure: result.failure };
  if (request.signal?.aborted === true) return { ...ended, failure: cancelled() };
  return afterFailure(request, world, stack, ended, result.step);
}

function cancelled(): Failure {
  return new Failure(
    'cancelled',
    'Stopped by a signal; OpenEMR keeps running. Run again to finish this rotation.',
  );
}

/** Decides by what is true now: before the cut-over nothing moved; up to step 8 it is undone; after that it is held. */
async function afterFailure(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  step: number | undefined,
): Promise<RunResult> {
  const { plan: failed, material } = ended.planned;
  const failure = ended.failure ?? new Failure('unexpected', 'The update failed without a reason.');
  const live = await liveUsername(request, world);
  const where = step === undefined ? '' : `Step ${step} failed. `;
  if (failed.kind === 'sync')
    return { ...ended, failure: withText(failure, failure.outcome, `${where}${failure.message}`) };
  const reachedFlip = step !== undefined && step >= 9;
  if (reachedFlip) {
    return {
      ...ended,
      failure: withText(
        failure,
        'held',
        `${where}${failure.message} OpenEMR runs on ${live}, which works. Run again to finish this rotation.`,
      ),
    };
  }
  if (failed.kind === 'rollback') {
    return {
      ...ended,
      failure: withText(
        failure,
        'held',
        `The rollback did not finish. ${where}${failure.message} sqlconf.php names ${live} now; both slots' passwords are unchanged. Run again to finish.`,
      ),
    };
  }
  const untouched =
    (step !== undefined && step <= 4) || (await nothingSwitched(request, world, ended.planned));
  if (untouched) {
    const outcome =
      failure.outcome === 'permission' || failure.outcome === 'locked' ? failure.outcome : 'before-switch';
    return {
      ...ended,
      failure: withText(
        failure,
        outcome,
        `${where}${failure.message} Nothing was switched: OpenEMR still runs on ${material.before.sqlconf.username}.`,
      ),
    };
  }
  if (failure.outcome === 'locked') {
    return {
      ...ended,
      failure: withText(failure, 'held', `${where}${failure.message} sqlconf.php names ${live} now.`),
    };
  }
  return rollBack(request, world, stack, { ...ended, failure }, step);
}

async function rollBack(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  step: number | undefined,
): Promise<RunResult> {
  const failure = ended.failure ?? new Failure('unexpected', 'The update failed without a reason.');
  request.tell({ kind: 'rolling-back', failure, step });
  const now = new Date();
  const planned = planRollback(ended.planned, planId(now, randomBytes(3).toString('hex')), now);
  const listener = (event: StepEvent): void => request.tell({ kind: 'step', event });
  const result = await runUpdate({ ...request, stack, planned, listener });
  const where = step === undefined ? '' : `Step ${step} failed. `;
  const before = planned.material.before.sqlconf.username;
  if (result.kind === 'done') {
    return {
      ...ended,
      failure: withText(
        failure,
        'rolled-back',
        `${where}${failure.message} Rolled back: OpenEMR runs on ${before} again, whose password was never changed.`,
      ),
    };
  }
  const live = await liveUsername(request, world);
  return {
    ...ended,
    failure: withText(
      result.failure,
      'held',
      `${where}${failure.message} The rollback did not finish either (${result.failure.message}) sqlconf.php names ${live} now; both passwords still work. Run again to finish.`,
    ),
  };
}

function withText(failure: Failure, outcome: Failure['outcome'], message: string): Failure {
  return new Failure(outcome, message, { cause: failure.cause });
}

async function liveUsername({ settings }: RunRequest, world: OpenWorld): Promise<string> {
  try {
    const { sqlconf } = await observe(settings.context, world, world.credentials);
    return sqlconf.login.username;
  } catch {
    return 'an account that could not be read';
  }
}

/** True when both file and Secret are as they were before. */
async function nothingSwitched(
  { settings }: RunRequest,
  world: OpenWorld,
  { plan: failed, material }: PlannedRotation,
): Promise<boolean> {
  try {
    const { sqlconf, kubernetesSecret } = await observe(settings.context, world, world.credentials);
    const sameSecret =
      JSON.stringify(kubernetesSecret.data) === JSON.stringify(material.before.kubernetesSecret);
    return sqlconf.sha256 === failed.sqlconfSha256 && sameSecret && failed.from !== failed.to;
  } catch {
    return false;
  }
}
