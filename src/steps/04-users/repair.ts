import { Failure } from '../../base/failure';
import { isTaken } from '../../mysql/database';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { DatabaseLogin } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import type { WorldContext } from '../../target/context';
import type { LiveUse } from '../adminSession';
import { liveUses } from '../adminSession';

/**
 * Who would be locked out if a repair gave an account this password: whoever names it with another one. The file of another
 * site whose own password the database refuses lets nobody in, and keeps nobody out: a copy of a folder, mostly.
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
      !(await isTaken({ ...login, password: use.password }, trust));
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

/**
 * What would stop a repair: an account that OpenEMR is kept out of, and that somebody else names with another password.
 * Writes nothing.
 */
export async function repairProblems(
  { plan, material }: PlannedRotation,
  context: WorldContext,
): Promise<Failure[]> {
  if (plan.kind !== 'sync') return [];
  const problems: Failure[] = [];
  for (const slot of slots) {
    const { password, ...account } = material.logins[slot];
    if (password === undefined) continue;
    const login = { ...account, password };
    const uses = await liveUses(context, login);
    const differing = uses.some((use) => use.password !== password);
    // One that lets its user in is not set, so nobody is asked.
    if (!differing || (await isTaken(login, context.trust))) continue;
    const [use] = await inTheWay(uses, login, context);
    if (use) problems.push(otherPasswordProblem(login.username, use, 'its password would not be changed'));
  }
  return problems;
}
