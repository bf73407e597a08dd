import { Failure } from '../../base/failure';
import { isKnownToBeWrong, isTaken } from '../../mysql/database';
import { isRdsProxy } from '../../mysql/rdsProxy';
import { openSqlconf } from '../../openemr/openSqlconf';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { DatabaseLogin } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import type { WorldContext } from '../../target/context';
import type { LiveUse } from '../adminSession';
import { liveUses } from '../adminSession';
import type { Doors, LookTimes, Strangers } from './strangers';
import { strangersLetIn, strangersProblem } from './strangers';

/** Without the Kubernetes Secret where its login was refused when the plan was made: to name an account there is no use of it. */
export function withoutDeadSecret(uses: readonly LiveUse[], deadSecret: boolean | undefined): LiveUse[] {
  return uses.filter(({ inSecret }) => !(deadSecret === true && inSecret === true));
}

/**
 * Who would be locked out if a repair gave an account this password: whoever names it with another one. The file of another
 * site whose own password is wrong lets nobody in, and keeps nobody out: a copy of a folder, mostly. One that cannot be
 * tried may be right.
 * @param uses who names the account now
 */
export async function inTheWay(
  uses: readonly LiveUse[],
  login: DatabaseLogin,
  { trust }: WorldContext,
): Promise<LiveUse[]> {
  const found: LiveUse[] = [];
  for (const use of uses) {
    if (use.password === login.password) continue;
    const isDead =
      use.ofOtherSite === true &&
      use.password !== '' &&
      (await isKnownToBeWrong({ ...login, password: use.password }, trust));
    if (!isDead) found.push(use);
  }
  return found;
}

/** Why a password is not set: somebody names that account with another one. */
export function otherPasswordProblem(username: string, use: LiveUse, consequence: string): Failure {
  const cure =
    use.ofOtherSite === true
      ? 'Give that site a database user of its own, or move its folder out of sites/ if it is none, and run again.'
      : 'Correct that place and run again.';
  return new Failure(
    'login-in-use',
    `${username} is in use by ${use.where}, with another password than the one to set; ${consequence}. ${cure}`,
  );
}

const consequence = 'its password would not be changed';

/** Whether OpenEMR itself names an account, and not only another site's file. */
export function isOpenemrs(uses: readonly LiveUse[]): boolean {
  return uses.some(({ ofOtherSite }) => ofOtherSite !== true);
}

/** Each try of a wrong password counts: one that this process was refused with is not tried again. */
async function isRefused(login: DatabaseLogin, { trust }: WorldContext): Promise<boolean> {
  return (await isKnownToBeWrong(login, trust)) || !(await isTaken(login, trust));
}

/** Who is let in to an account that refuses OpenEMR. An RDS Proxy keeps its sessions, whoever had them: there nothing can be said. */
export async function strangersOf(
  { username }: DatabaseLogin,
  context: WorldContext,
  doors: Doors,
  times: LookTimes,
): Promise<Strangers | undefined> {
  if (isRdsProxy((await openSqlconf(context)).login.host)) return undefined;
  return strangersLetIn(doors, username, times);
}

/**
 * What would stop a repair: an account that OpenEMR is kept out of, and that somebody else names with another password or
 * is let in to. Writes nothing.
 * @param lookMs how long it is looked who is let in, in ms
 */
export async function repairProblems(
  { plan, material }: PlannedRotation,
  context: WorldContext,
  { lookMs, ...doors }: Doors & { lookMs: number },
): Promise<Failure[]> {
  if (plan.kind !== 'sync') return [];
  const problems: Failure[] = [];
  for (const slot of slots) {
    const { password, ...account } = material.logins[slot];
    if (password === undefined) continue;
    const login = { ...account, password };
    const uses = withoutDeadSecret(await liveUses(context, login), plan.deadSecret);
    // One that lets its user in is not set, so nobody is asked.
    if (uses.length === 0 || !(await isRefused(login, context))) continue;
    const [use] = await inTheWay(uses, login, context);
    if (use) {
      problems.push(otherPasswordProblem(login.username, use, consequence));
      continue;
    }
    // The idle proof of the step is for one that OpenEMR does not name.
    if (!isOpenemrs(uses)) continue;
    const times = { counted: lookMs, sampled: lookMs };
    const strangers = await strangersOf(login, context, doors, times);
    if (strangers) problems.push(strangersProblem(login.username, strangers, consequence));
  }
  return problems;
}
