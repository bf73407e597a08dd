import { randomBytes } from 'node:crypto';
import type { Stack } from '@pulumi/pulumi/automation';
import type { Outcome } from '../failure';
import { Failure } from '../failure';
import { observe } from '../observe/observe';
import { changedKeys } from '../plan/observation';
import { planRollback } from '../plan/planRotation';
import type { PlannedRotation } from '../plan/rotationPlan';
import { planId } from '../plan/rotationPlan';
import type { OpenWorld, RunRequest, RunResult } from './run';
import { withRolloutNews } from './rolloutNews';
import { runUpdate } from './update';

/** The end of a run that a signal stopped. */
export function cancelled(): Failure {
  return new Failure(
    'cancelled',
    'Stopped by a signal; OpenEMR keeps running. Run again to finish this rotation.',
  );
}

/** Decides by what is true now: before the cut-over nothing moved; up to step 8 it is undone; after that it is held. */
export async function afterFailure(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  step: number | undefined,
): Promise<RunResult> {
  const { plan: failed, material } = ended.planned;
  const failure = failureOf(ended);
  const said = `${stepText(step)}${failure.message}`;
  const endAs = (outcome: Outcome, message: string): RunResult => ({
    ...ended,
    failure: withText(failure, outcome, message),
  });
  if (failed.kind === 'sync') return endAs(failure.outcome, said);
  if (step !== undefined && step >= 9) {
    const live = await liveUsername(request, world);
    return endAs('held', `${said} OpenEMR runs on ${live}, which works. Run again to finish this rotation.`);
  }
  if (failed.kind === 'rollback') {
    const live = await liveUsername(request, world);
    return endAs(
      'held',
      `The rollback did not finish. ${said} sqlconf.php names ${live} now; both slots' passwords are unchanged. Run again to finish.`,
    );
  }
  const beforeSwitch = step !== undefined && step <= 4;
  const username =
    beforeSwitch && !ended.resumed
      ? material.before.sqlconf.username
      : await usernameNotSwitched(request, world, ended.planned, step);
  if (username !== undefined) {
    const telling: Outcome[] = ['permission', 'locked', 'configuration', 'drift'];
    const outcome = telling.includes(failure.outcome) ? failure.outcome : 'before-switch';
    return endAs(outcome, `${said} Nothing was switched: OpenEMR still runs on ${username}.`);
  }
  // A rotation that was taken up may be past its switch, or past its flip: that is not undone for a step before it.
  if (failure.outcome === 'locked' || beforeSwitch) {
    const again = failure.outcome === 'locked' ? '' : ' Run again to finish this rotation.';
    return endAs('held', `${said} sqlconf.php names ${await liveUsername(request, world)} now.${again}`);
  }
  return rollBack(request, world, stack, ended, step);
}

async function rollBack(
  request: RunRequest,
  world: OpenWorld,
  stack: Stack,
  ended: RunResult,
  step: number | undefined,
): Promise<RunResult> {
  const failure = failureOf(ended);
  request.tell({ kind: 'rolling-back', failure, step });
  const now = new Date();
  const id = planId(now, randomBytes(3).toString('hex'));
  const planned = planRollback(ended.planned, id, now, ended.past);
  const listener = withRolloutNews(request, world.kubernetes);
  const result = await runUpdate({ ...request, stack, planned, listener });
  const where = stepText(step);
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
    past: result.past,
    failure: withText(
      result.failure,
      'held',
      `${where}${failure.message} The rollback did not finish either (${result.failure.message}) sqlconf.php names ${live} now; both passwords still work. Run again to finish.`,
    ),
  };
}

function failureOf({ failure }: RunResult): Failure {
  return failure ?? new Failure('unexpected', 'The update failed without a reason.');
}

function stepText(step: number | undefined): string {
  return step === undefined ? '' : `Step ${step} failed. `;
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

/**
 * The user that OpenEMR is still on: the file does not name the target, and the Secret is as before. A file that
 * somebody else edited in between is left as it is: to put the login before back would undo the edit. The file is the
 * first to change: when that failed (step 5), another Secret is somebody else's work, too.
 * @returns undefined when something was switched, or when that cannot be seen
 */
async function usernameNotSwitched(
  { settings }: RunRequest,
  world: OpenWorld,
  { plan: failed, material }: PlannedRotation,
  step: number | undefined,
): Promise<string | undefined> {
  if (failed.to === 'other' || failed.from === failed.to) return undefined;
  try {
    const { sqlconf, kubernetesSecret } = await observe(settings.context, world, world.credentials);
    const sameSecret = changedKeys(material.before.kubernetesSecret, kubernetesSecret.data).length === 0;
    const { username } = sqlconf.login;
    return (sameSecret || step === 5) && username !== material.logins[failed.to].username
      ? username
      : undefined;
  } catch {
    return undefined;
  }
}
