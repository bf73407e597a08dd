import { Failure } from '../failure';
import { loginOfSecret } from '../observe/observe';
import type { PlannedRotation } from '../plan/rotationPlan';
import type { DatabaseLogin } from '../plan/slot';
import { withRetries } from '../providers/retry';
import type { WorldContext } from '../world/context';
import { tryLogin } from '../world/database';
import type { OpenWorld, RunRequest } from './run';

/**
 * Why OpenEMR must not go back to what was before the switch, without a full stop; undefined when it may. The world is
 * looked at, not the state: a renewal that took effect and was never recorded has made the password from before
 * worthless, and to write it into `sqlconf.php` would lock OpenEMR out.
 */
export async function whyNotBack(
  { settings: { context } }: Pick<RunRequest, 'settings'>,
  world: Pick<OpenWorld, 'secrets'>,
  planned: PlannedRotation,
): Promise<string | undefined> {
  try {
    return await withRetries(() => firstReason(context, world, planned));
  } catch (error) {
    const said = error instanceof Failure ? error.message : 'for an unknown reason';
    return `whether the password from before still works could not be seen (${said.replace(/\.$/, '')})`;
  }
}

async function firstReason(
  { trust }: WorldContext,
  { secrets }: Pick<OpenWorld, 'secrets'>,
  { plan, material: { before } }: PlannedRotation,
): Promise<string | undefined> {
  const { stages } = await secrets.describe(plan.slotSecretArn);
  const current = Object.keys(stages).find((id) => stages[id]?.includes('AWSCURRENT'));
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
