import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import type { Outcome } from '../failure';
import { Failure } from '../failure';
import { observe } from '../observe/observe';
import { changedKeys } from '../plan/observation';
import { planRollback } from '../plan/planRotation';
import { planId } from '../plan/rotationPlan';
import type { StepNumber } from '../plan/steps';
import { goingBack } from './goingBack';
import { liveLogin } from './liveLogin';
import type { OpenWorld, RunRequest, RunResult } from './run';
import { withRolloutNews } from './rolloutNews';
import { updateRestartingAgain } from './restartAgain';
import type { FailedUpdate } from './update';

/** Where an update failed, and how far its rotation is. */
export interface FailedAt {
  /** Where it failed; undefined when no step is to blame. */
  step: StepNumber | undefined;
  /** The furthest step that this run has begun to carry out; undefined before the first. */
  furthest: StepNumber | undefined;
  /** The furthest step that this rotation has begun, in this run or by the state in an earlier one. */
  reached: StepNumber | undefined;
}

/** Retirement: from this step on nothing is undone, since the password of the slot that was left may be another one. */
const firstOfRetirement = 9;
/** The last step before `sqlconf.php` is written. */
const lastBeforeSwitch = 4;

/** The end of a run that a signal stopped. */
export async function cancelled(
  request: RunRequest,
  { step, furthest }: Pick<FailedAt, 'step' | 'furthest'>,
  what = 'rotation',
): Promise<Failure> {
  const at = step ?? furthest;
  const where = at === undefined ? `before the first step of this ${what}` : `in step ${at} of this ${what}`;
  // What was not begun is not on record: the next run decides for itself.
  const next = at === undefined ? 'Run again.' : `Run again to finish this ${what}.`;
  return new Failure('cancelled', `Stopped by a signal ${where}; ${await liveLogin(request)}. ${next}`);
}

/** Decides by what is true now: before the cut-over nothing moved; up to step 8 it is undone; after that it is held. */
export async function afterFailure(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  at: FailedAt,
): Promise<RunResult> {
  const { planned } = ended;
  const failure = failureOf(ended);
  const said = `${stepText(at.step)}${failure.message}`;
  const endAs = (outcome: Outcome, message: string): RunResult => ({
    ...ended,
    failure: withText(failure, outcome, message),
  });
  const hold = async (why = ''): Promise<RunResult> =>
    endAs('held', `${said} ${why}${await liveLogin(request)}. Run again to finish this rotation.`);
  if (planned.plan.kind === 'sync') return endAs(failure.outcome, `${said} ${await liveLogin(request)}.`);
  if (at.reached !== undefined && at.reached >= firstOfRetirement) return hold(recordText(at));
  if (planned.plan.kind === 'rollback') {
    const live = await liveLogin(request);
    return endAs('held', `The rollback did not finish. ${said} ${live}. Run again to finish the rollback.`);
  }
  const username = await usernameNotSwitched(request, world, ended, at);
  if (username !== undefined) {
    const telling: Outcome[] = ['permission', 'locked', 'configuration', 'drift'];
    const outcome = telling.includes(failure.outcome) ? failure.outcome : 'before-switch';
    return endAs(outcome, `${said} Nothing was switched: OpenEMR still runs on ${username}.`);
  }
  // A rotation that was taken up may be past its switch, or past its flip: that is not undone for a step before it.
  if (failure.outcome === 'locked' || isBeforeSwitch(at)) return hold();
  const back = await goingBack(request, world, planned);
  return back.kind === 'may'
    ? rollBack(request, world, stack, { ...ended, planned: back.planned }, at)
    : hold(`Not rolled back: ${back.why}. `);
}

function isBeforeSwitch({ step, furthest }: FailedAt): boolean {
  const at = step ?? furthest;
  return at === undefined || at <= lastBeforeSwitch;
}

/** The engine has begun the last step, says of none that it failed, and left none at work. */
function recordText({ step, furthest }: FailedAt): string {
  return step === undefined && furthest === 11
    ? 'All steps were carried out; only their record failed. '
    : '';
}

async function rollBack(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  { step }: FailedAt,
): Promise<RunResult> {
  const failure = failureOf(ended);
  request.tell({ kind: 'rolling-back', failure, step });
  const now = new Date();
  const id = planId(now, randomBytes(3).toString('hex'));
  const planned = planRollback(ended.planned, id, now, ended.past);
  const listener = withRolloutNews(request, world.kubernetes);
  const notice = (text: string): void => request.tell({ kind: 'notice', text });
  const result = await updateRestartingAgain({ ...request, stack, planned, listener }, notice);
  const said = `${stepText(step)}${failure.message}`;
  const before = planned.material.before.sqlconf.username;
  if (result.kind === 'done') {
    const text = `${said} Rolled back: OpenEMR runs on ${before} again, whose password was never changed.`;
    return { ...ended, failure: withText(failure, 'rolled-back', text) };
  }
  return { ...ended, past: result.past, failure: await rollbackStopped(request, said, result) };
}

/** A rollback that did not finish: it was stopped, or it failed, too. */
async function rollbackStopped(request: RunRequest, said: string, result: FailedUpdate): Promise<Failure> {
  const { signal } = request;
  const reason: unknown = signal?.reason;
  if (signal?.aborted === true && !(reason instanceof Failure)) {
    const stopped = await cancelled(request, result, 'rollback');
    return withText(stopped, 'cancelled', `${said} ${stopped.message}`);
  }
  const failure = signal?.aborted === true && reason instanceof Failure ? reason : result.failure;
  const live = await liveLogin(request);
  // What was not begun is not on record: the next run decides for itself.
  const begun = result.step !== undefined || result.furthest !== undefined;
  const why = said.endsWith(failure.message) ? 'for the same reason' : failure.message;
  return withText(
    failure,
    'held',
    `${said} The rollback did not ${begun ? 'finish' : 'begin'} either (${why}) ${live}. ` +
      (begun ? 'Run again to finish the rollback.' : 'Run again: it finishes the rotation, or goes back.'),
  );
}

function failureOf({ failure }: RunResult): Failure {
  return failure ?? new Failure('unexpected', 'The update failed without a reason.');
}

function stepText(step: StepNumber | undefined): string {
  return step === undefined ? '' : `Step ${step} failed. `;
}

function withText(failure: Failure, outcome: Failure['outcome'], message: string): Failure {
  return new Failure(outcome, message, { cause: failure.cause });
}

/**
 * The user that OpenEMR is still on: the file does not name the target, and the Secret is as before. A file that
 * somebody else edited in between is left as it is: to put the login before back would undo the edit. The file is the
 * first to change: when that failed (step 5), another Secret is somebody else's work, too.
 * @returns undefined when something was switched, or when that cannot be seen
 */
async function usernameNotSwitched(
  { settings }: RunRequest,
  world: OpenWorld,
  { planned: { plan: failed, material }, resumed }: RunResult,
  at: FailedAt,
): Promise<string | undefined> {
  // The engine says where it failed, and no other run was there before: then nothing need be looked at.
  if (!resumed && at.step !== undefined && isBeforeSwitch(at)) return material.before.sqlconf.username;
  if (failed.to === 'other' || failed.from === failed.to) return undefined;
  try {
    const { sqlconf, kubernetesSecret } = await observe(settings.context, world, world.credentials);
    const sameSecret = changedKeys(material.before.kubernetesSecret, kubernetesSecret.data).length === 0;
    const { username } = sqlconf.login;
    return (sameSecret || at.step === 5) && username !== material.logins[failed.to].username
      ? username
      : undefined;
  } catch {
    return undefined;
  }
}
