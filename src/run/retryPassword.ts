import { withOtherPassword } from '../rotation/remint';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { SecretsManager } from '../aws/secretsManager';
import type { UpdateRequest, UpdateResult } from '../engine/update';
import { furthestOf } from '../engine/stepTracker';
import { runUpdate } from '../engine/update';
import type { StepResult } from '../rotation/news';

/** What an update is carried out with, and whom it tells. */
interface Around {
  secrets: Pick<SecretsManager, 'describe'>;
  tell: (notice: string) => void;
  update?: typeof runUpdate;
}

/**
 * Carries out a plan; when the database refuses a password that nothing knows yet, once more with another one. A second
 * refusal is the end of this run: the next one tries that password again, and then another.
 * @returns the plan that was carried out last, and how
 */
export async function updateWithOtherPassword(
  request: UpdateRequest,
  { secrets, tell, update = runUpdate }: Around,
): Promise<{ planned: PlannedRotation; result: UpdateResult }> {
  const { signal } = request;
  const first = await update(request);
  // The pods may have been restarted once more, under another token than the one that was asked for.
  const planned = first.planned ?? request.planned;
  const failure = first.kind === 'failed' ? first.failure : undefined;
  if (failure?.slot === undefined || signal?.aborted === true) return { planned, result: first };
  const stages = await secrets.describe(planned.plan.slotSecretArn).then(
    (description) => description.stages,
    () => ({}),
  );
  const other = withOtherPassword(planned, failure.slot, stages);
  if (other === undefined) return { planned, result: first };
  tell(
    `the database's password policy refused the password of slot ${failure.slot}; another one is generated`,
  );
  // The engine's own saved plan is that of the first.
  const again = { ...request, planned: other };
  delete again.savedPlan;
  const second = await update(again);
  return { planned: second.planned ?? other, result: joinedResult(first, second) };
}

/** Two updates of one run: how the second ended, and how far both came. */
export function joinedResult(first: UpdateResult, second: UpdateResult): UpdateResult {
  const steps = joined(first.steps, second.steps);
  if (second.kind === 'done' || first.kind === 'done') return { ...second, steps };
  return { ...second, steps, furthest: furthestOf([first.step, first.furthest, second.furthest]) };
}

/** The steps of two updates of one run: what the first did is not undone by the second's finding it done. */
export function joined(first: readonly StepResult[], second: readonly StepResult[]): StepResult[] {
  return second.map((step, index) => {
    const before = first[index];
    return step.status === 'unchanged' && before?.status === 'done' ? before : step;
  });
}
