import { Failure } from '../failure';
import { loginOfSecret } from '../observe/observe';
import { versionUnder } from '../plan/labels';
import type { Journal } from '../plan/observation';
import type { PlannedRotation } from '../plan/rotationPlan';
import type { DatabaseLogin } from '../plan/slot';
import { withRetries } from '../providers/retry';
import type { WorldContext } from '../world/context';
import { tryLogin } from '../world/database';
import { readJournal } from './journal';
import type { OpenWorld, RunRequest } from './run';

/** Whether what was before the switch may come back; `why` without a full stop. */
export type GoingBack = { kind: 'may' } | { kind: 'must-not' | 'unknown'; why: string };

/**
 * Whether OpenEMR may go back to what was before the switch. The world is looked at, not the state: a renewal that took
 * effect and was never recorded has made the password from before worthless, and to write it into `sqlconf.php` would
 * lock OpenEMR out. Never throws.
 */
export async function goingBack(
  { settings: { context } }: Pick<RunRequest, 'settings'>,
  world: Pick<OpenWorld, 'secrets'>,
  planned: PlannedRotation,
): Promise<GoingBack> {
  try {
    const why = await withRetries(() => firstReason(context, world, planned));
    return why === undefined ? { kind: 'may' } : { kind: 'must-not', why };
  } catch (error) {
    const said = error instanceof Failure ? error.message : 'for an unknown reason';
    const why = `whether the password from before still works could not be seen (${said.replace(/\.$/, '')})`;
    return { kind: 'unknown', why };
  }
}

/**
 * The journal that a run goes by. A rollback that was cut off and must not be finished any more is left out: the run is
 * then planned from what is there, and stays on an account that works.
 * @throws Failure `held` when that cannot be seen
 */
export async function journalToTakeUp(
  request: RunRequest,
  world: Pick<OpenWorld, 'secrets'>,
  deployment: unknown,
): Promise<Journal | undefined> {
  const journal = readJournal(deployment);
  if (journal === undefined || journal.finished || journal.plan.kind !== 'rollback') return journal;
  const back = await goingBack(request, world, journal);
  if (back.kind === 'may') return journal;
  if (back.kind === 'unknown')
    throw new Failure(
      'held',
      `Rollback ${journal.plan.id} was not taken up: ${back.why}. Run again to finish it.`,
    );
  const text = `rollback ${journal.plan.id} is not finished any more: ${back.why}; the plan is made from what is there`;
  request.tell({ kind: 'notice', text });
  return undefined;
}

async function firstReason(
  { trust }: WorldContext,
  { secrets }: Pick<OpenWorld, 'secrets'>,
  { plan, material: { before } }: PlannedRotation,
): Promise<string | undefined> {
  const { stages } = await secrets.describe(plan.slotSecretArn);
  const current = versionUnder(stages, 'AWSCURRENT');
  if (current !== plan.slotSecretVersionId)
    return `AWSCURRENT of ${plan.slotSecretArn} has moved since this rotation began, so the old slot may be renewed already`;
  const refused = async (login: DatabaseLogin): Promise<string | undefined> =>
    (await tryLogin(login, trust)) === 'denied'
      ? `the database refuses ${login.username} with the password from before`
      : undefined;
  const ofFile = await refused(before.sqlconf);
  if (ofFile !== undefined) return ofFile;
  const login = loginOfSecret(before.kubernetesSecret, before.sqlconf);
  if (login === undefined || isSame(login, before.sqlconf)) return undefined;
  const ofSecret = await refused(login);
  return ofSecret && `${ofSecret}, which the Kubernetes Secret would get back`;
}

function isSame(one: DatabaseLogin, two: DatabaseLogin): boolean {
  const keys = ['username', 'password', 'host', 'dbname'] as const;
  return keys.every((key) => one[key] === two[key]);
}
