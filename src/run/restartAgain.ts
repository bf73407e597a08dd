import type { PlannedRotation } from '../rotation/rotationPlan';
import { joinedResult } from './retryPassword';
import type { UpdateRequest, UpdateResult } from '../engine/update';
import { runUpdate } from '../engine/update';

/** How often one run restarts the Deployment before it believes that somebody undoes each restart. */
const mostRestarts = 3;

/**
 * Carries out a plan; where somebody takes the restart out of the Deployment (`kubectl rollout undo`, a GitOps
 * controller), it is restarted under a new token. Who does that each time ends the run by the last one's failure.
 */
export async function updateRestartingAgain(
  request: UpdateRequest,
  tell: (notice: string) => void,
  update: (request: UpdateRequest) => Promise<UpdateResult> = runUpdate,
): Promise<UpdateResult> {
  let result = await update(request);
  for (let restarts = 1; restarts < mostRestarts; restarts += 1) {
    const failure = result.kind === 'failed' ? result.failure : undefined;
    if (failure?.code !== 'restart-undone' || request.signal?.aborted === true) return result;
    tell(`somebody removed this rotation's restart from the Deployment; it is restarted again`);
    const again = { ...request, planned: withNewRestart(request.planned, restarts) };
    // The engine's own saved plan is that of the first.
    delete again.savedPlan;
    const next = await update(again);
    result = { ...joinedResult(result, next), planned: again.planned };
  }
  return result;
}

function withNewRestart({ plan, material }: PlannedRotation, restarts: number): PlannedRotation {
  return { plan: { ...plan, restartToken: `${plan.restartToken}/${restarts + 1}` }, material };
}
