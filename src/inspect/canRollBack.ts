import { Failure } from '../base/failure';
import { withoutFullStop } from '../base/sentence';
import { loginOfSecret } from './observe';
import { versionUnder } from '../rotation/labels';
import type { Journal } from '../rotation/observation';
import { kubernetesSecretData } from '../rotation/observation';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { DatabaseLogin } from '../rotation/slot';
import { withRetries } from '../steps/retry';
import type { WorldContext } from '../target/context';
import { isTaken, tryLoginOrLocked } from '../mysql/database';
import type { SecretsManager } from '../aws/secretsManager';

/** Whether what was before the switch may come back; `why` without a full stop. */
export type GoingBack =
  /** `planned` is the rotation, with what the Kubernetes Secret gets back. */
  { kind: 'may'; planned: PlannedRotation } | { kind: 'must-not' | 'unknown'; why: string };

/**
 * Whether OpenEMR may go back to what was before the switch. The world is looked at, not the state: a renewal that took
 * effect and was never recorded has made the password from before worthless, and to write it into `sqlconf.php` would
 * lock OpenEMR out. Never throws.
 * @param again how a failure that passes is tried again
 */
export async function goingBack(
  { settings: { context } }: { settings: { context: WorldContext } },
  world: { secrets: Pick<SecretsManager, 'describe'> },
  planned: PlannedRotation,
  again: typeof withRetries = withRetries,
): Promise<GoingBack> {
  try {
    const why = await again(() => firstReason(context, world, planned));
    if (why !== undefined) return { kind: 'must-not', why };
    return { kind: 'may', planned: await again(() => withSecretThatWorks(context, planned)) };
  } catch (error) {
    const said = error instanceof Failure ? error.message : 'for an unknown reason';
    const why = `whether the password from before still works could not be seen (${withoutFullStop(said)})`;
    return { kind: 'unknown', why };
  }
}

/**
 * The journal that a run goes by, from the state's. A rollback that was cut off and must not be finished any more is left out: the run is
 * then planned from what is there, and stays on an account that works.
 * @throws Failure `rollback-undecided` when that cannot be seen
 */
export async function journalToTakeUp(
  request: { settings: { context: WorldContext }; tell: (news: { kind: 'notice'; text: string }) => void },
  world: { secrets: Pick<SecretsManager, 'describe'> },
  journal: Journal | undefined,
  again: typeof withRetries = withRetries,
): Promise<Journal | undefined> {
  if (journal === undefined || journal.finished || journal.plan.kind !== 'rollback') return journal;
  const back = await goingBack(request, world, journal, again);
  if (back.kind === 'may') return { ...journal, material: back.planned.material };
  if (back.kind === 'unknown')
    throw new Failure(
      'rollback-undecided',
      `Rollback ${journal.plan.id} was not resumed: ${back.why}. Run again to finish it.`,
    );
  const text = `rollback ${journal.plan.id} is no longer being finished: ${back.why}; the plan is made from the current situation`;
  request.tell({ kind: 'notice', text });
  return undefined;
}

async function firstReason(
  { trust }: WorldContext,
  { secrets }: { secrets: Pick<SecretsManager, 'describe'> },
  { plan, material: { before } }: PlannedRotation,
): Promise<string | undefined> {
  const { stages } = await secrets.describe(plan.slotSecretArn);
  const current = versionUnder(stages, 'AWSCURRENT');
  if (current !== plan.slotSecretVersionId)
    return `AWSCURRENT of ${plan.slotSecretArn} has moved since this rotation began, so the old slot may be renewed already`;
  return (await tryLoginOrLocked(before.sqlconf, trust)) === 'denied'
    ? `the database refuses ${before.sqlconf.username} with the password from before`
    : undefined;
}

/**
 * The rotation with a Secret to go back to. One that was stale before, so that the database refuses its login, is no
 * reason to stay on a slot that is not healthy: it gets the login of `sqlconf.php`, which works.
 */
async function withSecretThatWorks(
  { trust }: WorldContext,
  planned: PlannedRotation,
): Promise<PlannedRotation> {
  const { plan, material } = planned;
  const { sqlconf, kubernetesSecret } = material.before;
  const login = loginOfSecret(kubernetesSecret, sqlconf);
  if (login === undefined || isSame(login, sqlconf)) return planned;
  if (await isTaken(login, trust)) return planned;
  const before = { sqlconf, kubernetesSecret: kubernetesSecretData(sqlconf) };
  return { plan, material: { ...material, before } };
}

function isSame(one: DatabaseLogin, two: DatabaseLogin): boolean {
  const keys = ['username', 'password', 'host', 'dbname'] as const;
  return keys.every((key) => one[key] === two[key]);
}
