import { randomBytes } from 'node:crypto';
import { Failure } from '../failure';
import { observe } from '../observe/observe';
import { preflight } from '../observe/preflight/preflight';
import type { Observation } from '../plan/observation';
import { planRotation } from '../plan/planRotation';
import type { PlannedRotation } from '../plan/rotationPlan';
import { planId } from '../plan/rotationPlan';
import { findAdminCredentials } from '../world/adminCredentials';
import { openSession } from '../world/database';
import { Kubernetes } from '../world/kubernetes';
import { holderText, lockName, takeLock } from '../world/lock';
import { SecretsManager } from '../world/secretsManager';
import { afterFailure, cancelled } from './afterFailure';
import { readJournal } from './journal';
import type { OpenWorld, RunRequest, RunResult } from './run';
import type { StepEvent } from './stepEvents';
import type { PreviewedChange } from './update';
import { runPreview, runUpdate } from './update';
import type { OpenedStack } from './workspace';
import { announceLock, openStack, openStackForPreview } from './workspace';

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
      const problems = await preflight(planned, request.settings.context, world);
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
    const problems = await preflight(planned, request.settings.context, world);
    if (problems.length > 0) throw new Failure('permission', problems.join(' '));
  }
  const listener = (event: StepEvent): void => request.tell({ kind: 'step', event });
  const result = await runUpdate({ ...request, stack, planned, listener });
  if (result.kind === 'done') return { planned, resumed, steps: result.steps };
  const ended: RunResult = { planned, resumed, steps: result.steps, failure: result.failure };
  if (request.signal?.aborted === true) return { ...ended, failure: cancelled() };
  return afterFailure(request, world, stack, ended, result.step);
}
