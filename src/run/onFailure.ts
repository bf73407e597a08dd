import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import { Ended, Failure } from '../base/failure';
import { observeGiven } from '../inspect/observe';
import { changedKeys } from '../rotation/observation';
import { planRollback } from '../rotation/planRotation';
import { renews } from '../rotation/kinds';
import type { RotationPlan } from '../rotation/rotationPlan';
import { planId } from '../rotation/rotationPlan';
import type { StepNumber } from '../rotation/steps';
import type { FailedAt } from '../rotation/policy';
import { decide, isBeforeSwitch, phaseOf, phaseSeen, withoutWayBack } from '../rotation/policy';
import { goingBack } from '../inspect/canRollBack';
import { liveLogin } from './liveLogin';
import type { OpenWorld, RunRequest, RunResult } from './request';
import { withRolloutNews } from './rolloutNews';
import { updateRestartingAgain } from './restartAgain';
import type { FailedUpdate } from '../engine/update';
import { runUpdate } from '../engine/update';
import { cutOverStep } from '../rotation/steps';

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
  const text = `Stopped by a signal ${where}; ${await liveLogin(request)}. ${next}`;
  return new Ended('cancelled', { code: 'stopped-by-signal', cause: undefined }, text);
}

/**
 * Ends a failed run by what is true now: policy decides, and here it is looked at, carried out and said.
 * @param update carries out a rollback
 */
export async function onFailure(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  at: FailedAt,
  update = runUpdate,
): Promise<RunResult> {
  const { kind } = ended.planned.plan;
  const failure = failureOf(ended);
  const known = phaseOf(kind, at);
  const username = known === undefined ? await usernameNotSwitched(request, world, ended, at) : undefined;
  const phase = known ?? phaseSeen(at, username !== undefined);
  const end = decide(phase, failure.outcome);
  const back = end === 'go-back' ? await goingBack(request, world, ended.planned) : undefined;
  if (back?.kind === 'may')
    return rollBack(request, world, stack, { ...ended, planned: back.planned }, at, update);
  const said = `${stepText(at.step)}${failure.message}`;
  const text = async (): Promise<string> => {
    if (phase === 'not-switched') return `${said} Nothing was switched: OpenEMR still runs on ${username}.`;
    const live = await liveLogin(request);
    if (phase === 'reading') return `${said} ${live}.`;
    if (phase === 'going-back')
      return `The rollback did not finish. ${said} ${live}. Run again to finish the rollback.`;
    const why = back ? `Not rolled back: ${back.why}. ` : phase === 'retiring' ? recordText(at) : '';
    // Pods or a page that stay bad stop each next run, and a rollback does not ask for them.
    const staysIll = back?.kind === 'must-not' || (phase === 'retiring' && isOfHealth(at));
    const other = staysIll ? otherWay(ended.planned.plan) : '';
    return `${said} ${why}${live}. Run again to finish this rotation.${other}`;
  };
  return { ...ended, failure: new Ended(withoutWayBack(end), failure, await text()) };
}

/** A rotation that has flipped proves restart and page anew when it is taken up. */
function isOfHealth({ step }: FailedAt): boolean {
  return step === 7 || step === 8;
}

/** What helps where OpenEMR is not well on the slot that it must stay on: the one that it left is set anew, and it goes there. */
function otherWay({ kind, from, to }: RotationPlan): string {
  return renews(kind) && from !== 'other' && from !== to
    ? ` If OpenEMR is not well there, run credential-rotation rollback: it sets slot ${from} anew and moves OpenEMR to it.`
    : '';
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
  update: typeof runUpdate,
): Promise<RunResult> {
  const failure = failureOf(ended);
  request.tell({ kind: 'rolling-back', failure, step });
  const now = new Date();
  const id = planId(now, randomBytes(3).toString('hex'));
  const planned = planRollback(ended.planned, id, now, ended.past);
  const listener = withRolloutNews(request, world.kubernetes);
  const notice = (text: string): void => request.tell({ kind: 'notice', text });
  const asked = { ...request, stack, planned, listener };
  // The engine's own saved plan is that of the rotation: it would allow nothing of the way back.
  delete asked.savedPlan;
  const result = await updateRestartingAgain(asked, notice, update);
  const said = `${stepText(step)}${failure.message}`;
  const before = planned.material.before.sqlconf.username;
  if (result.kind === 'done') {
    const text = `${said} Rolled back: OpenEMR runs on ${before} again, whose password was never changed.`;
    return { ...ended, failure: new Ended('rolled-back', failure, text) };
  }
  return { ...ended, past: result.past, failure: await rollbackStopped(request, said, result) };
}

/** A rollback that did not finish: it was stopped, or it failed, too. */
async function rollbackStopped(request: RunRequest, said: string, result: FailedUpdate): Promise<Failure> {
  const { signal } = request;
  const reason: unknown = signal?.reason;
  if (signal?.aborted === true && !(reason instanceof Failure)) {
    const stopped = await cancelled(request, result, 'rollback');
    return new Ended('cancelled', stopped, `${said} ${stopped.message}`);
  }
  const failure = signal?.aborted === true && reason instanceof Failure ? reason : result.failure;
  const live = await liveLogin(request);
  // What was not begun is not on record: the next run decides for itself.
  const begun = result.step !== undefined || result.furthest !== undefined;
  const why = said.endsWith(failure.message) ? 'for the same reason' : failure.message;
  return new Ended(
    withoutWayBack(decide('going-back', failure.outcome)),
    failure,
    `${said} The rollback did not ${begun ? 'finish' : 'begin'} either (${why}) ${live}. ` +
      (begun ? 'Run again to finish the rollback.' : 'Run again: it finishes the rotation, or goes back.'),
  );
}

function failureOf({ failure }: RunResult): Failure {
  return failure ?? new Failure('unexpected-error', 'The update failed without a reason.');
}

function stepText(step: StepNumber | undefined): string {
  return step === undefined ? '' : `Step ${step} failed. `;
}

/**
 * The user that OpenEMR is still on: the file does not name the target, and the Secret is as before. A file that
 * somebody else edited in between is left as it is: to put the login before back would undo the edit. The file is the
 * first to change: when that failed, another Secret is somebody else's work, too.
 * @returns undefined when something was switched, or when that cannot be seen
 */
async function usernameNotSwitched(
  { settings }: RunRequest,
  world: OpenWorld,
  { planned: { plan: failed, material }, resumed }: RunResult,
  at: FailedAt,
): Promise<string | undefined> {
  // The engine says where it failed, and nothing came further before, no other run and no first try of this one: then
  // nothing need be looked at.
  const isFirst = !resumed && (at.reached === undefined || at.reached < cutOverStep);
  if (isFirst && at.step !== undefined && isBeforeSwitch(at)) return material.before.sqlconf.username;
  if (failed.to === 'other') return undefined;
  const isSame = failed.from === failed.to;
  // A user that stays tells nothing of the switch; only that nothing behind the file was begun does.
  if (isSame && (resumed || (at.reached ?? 0) > cutOverStep)) return undefined;
  try {
    const { login, kubernetesSecret } = await observeGiven(settings.context, world);
    if (isSame) return login.username;
    const sameSecret = changedKeys(material.before.kubernetesSecret, kubernetesSecret).length === 0;
    const { username } = login;
    return (sameSecret || at.step === cutOverStep) && username !== material.logins[failed.to].username
      ? username
      : undefined;
  } catch {
    return undefined;
  }
}
