import { Failure } from '../../base/failure';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { changeAccount } from '../../mysql/accountChange';
import type { Account } from '../../mysql/accounts';
import { createAccount } from '../../mysql/accounts';
import type { Comparison } from '../../mysql/comparison';
import { compareAccount } from '../../mysql/comparison';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import type { Session } from '../../mysql/database';
import { isTaken, openSession } from '../../mysql/database';
import { DatabaseFailure, isPasswordRefusal } from '../../mysql/databaseErrors';
import { sampledFactor } from '../../mysql/idleness';
import { clausesLike, isLevel } from '../../mysql/parity';
import { openSqlconf } from '../../openemr/openSqlconf';
import { defaultGraceSeconds, idleCure, idleness, isStillIdle, sampledText } from '../10-renewal/idle';
import type { Properties, ResourceLogic } from '../logic';
import { isUnknown } from '../logic';
import type { Changed, OldPasswordRules } from '../oldPassword';
import { endOldPassword, hasOldPasswordToEnd, setSlotPassword } from '../oldPassword';
import { asAdmin, guardedEffect, liveUses, proveSession } from '../adminSession';
import { hasLogin, isOfSlotSecret } from './ours';
import { inTheWay, isOpenemrs, otherPasswordProblem, strangersOf, withoutDeadSecret } from './repair';
import { strangersProblem } from './strangers';

/** Inputs of a slot's user. */
export interface DatabaseUserInputs extends OldPasswordRules {
  context: WorldContext;
  slot: Slot;
  username: string;
  host: string;
  port: string;
  dbname: string;
  password: string;
  /**
   * The user whose host, plugin, grants, TLS requirement and limits it takes over; without it, all rights on the
   * schema only, and host and TLS requirement of the user that `sqlconf.php` names.
   */
  like?: string;
  /** True for an explicit repair: a live account may be set to the very password that the live place names. */
  repair: boolean;
  /** The login of the Kubernetes Secret was refused when the plan was made: to name an account there is no use of it. */
  deadSecret?: boolean;
  /** How long nobody may log in to an account before its password is changed, in seconds. */
  graceSeconds?: number;
}

/** Steps 4 and 10: a slot's user exists, has the active one's rights, and logs in with the given password. */
export const databaseUser: ResourceLogic = {
  async diff(olds, news) {
    const inputs = news as unknown as DatabaseUserInputs;
    const keys = ['username', 'host', 'port', 'dbname', 'password'] as const;
    if (keys.some((key) => isUnknown(inputs[key]) || olds[key] !== inputs[key])) return true;
    if (!(await isTaken(loginOf(inputs), inputs.context.trust))) return true;
    return asAdmin(inputs.context, (session) => isBehind(session, inputs));
  },
  async apply(properties: Properties) {
    const inputs = properties as unknown as DatabaseUserInputs;
    const login = loginOf(inputs);
    // One that is locked since somebody tried wrong passwords gets its password all the same; the proof then says how it is unlocked.
    const works = await isTaken(login, inputs.context.trust);
    await asAdmin(inputs.context, (session) => bringUp(session, inputs, works));
    await prove(login, inputs.context);
    await endOldPassword(changedOf(inputs), async (session, account) => {
      const alone = { ...inputs };
      delete alone.oldPassword;
      await alter(session, account, alone);
      await prove(login, inputs.context);
    });
    const { slot, username, host, port, dbname, password } = inputs;
    return { slot, username, host, port, dbname, password };
  },
};

function loginOf({ username, password, host, port, dbname }: DatabaseUserInputs): DatabaseLogin {
  return { username, password, host, port, dbname };
}

function changedOf(inputs: DatabaseUserInputs): Changed {
  return { graceSeconds: defaultGraceSeconds, ...inputs, login: loginOf(inputs) };
}

async function compare(session: Session, inputs: DatabaseUserInputs): Promise<Comparison> {
  const { username, dbname, like, context } = inputs;
  const { login } = await openSqlconf(context);
  return compareAccount(session, { username, dbname, like, inUse: login.username });
}

async function isBehind(session: Session, inputs: DatabaseUserInputs): Promise<boolean> {
  try {
    if (!isLevel((await compare(session, inputs)).parity)) return true;
    return await hasOldPasswordToEnd(session, changedOf(inputs));
  } catch (error) {
    // What stops the rotation is said by the preflight, and by the step itself.
    if (error instanceof Failure && !(error instanceof DatabaseFailure)) return true;
    throw error;
  }
}

async function bringUp(session: Session, inputs: DatabaseUserInputs, works: boolean): Promise<void> {
  const { slot, password } = inputs;
  const compared = await compare(session, inputs);
  const { account, name, model, parity } = compared;
  if (parity.problems.length > 0) throw new Failure('account-changed-meanwhile', parity.problems.join(' '));
  if (!account) {
    await settingPassword(inputs, () =>
      guardedEffect(`database: CREATE USER of slot ${slot}`, () =>
        createAccount(session, name, clausesLike(model.account), password),
      ),
    );
  } else if (!works) {
    await assertOurs(inputs, compared);
    // The place names the very password that is to be set, which only a repair may do.
    const cure = 'Set it with --sync-db-users, then run again.';
    await assertNotLive(inputs, 'its password was not changed', cure);
    await alter(session, account, inputs);
  }
  if (parity.alter.length > 0) {
    await assertNotLive({ ...inputs, repair: false }, `run ${parity.alter.join('; ')} by hand`);
    await all(`database: REQUIRE of slot ${slot}`, session, parity.alter);
  }
  await all(`database: GRANT to slot ${slot}`, session, parity.grant);
}

function alter(session: Session, account: Account, inputs: DatabaseUserInputs): Promise<void> {
  return settingPassword(inputs, () => setSlotPassword(session, account, changedOf(inputs)));
}

/** @throws Failure `password-refused` when the server does not take the password, which is then known to nothing that is alive */
async function settingPassword(inputs: DatabaseUserInputs, set: () => Promise<void>): Promise<void> {
  try {
    await set();
  } catch (error) {
    if (!isPasswordRefusal(error) || (await liveUses(inputs.context, inputs)).length > 0) throw error;
    throw new Failure('password-refused', error.message, { cause: error.cause, slot: inputs.slot });
  }
}

/**
 * Runs statements that hold no secret, so that a refusal may show the one that was refused. Each is a write of its own:
 * the second is called `<name> (2)`.
 */
async function all(name: string, session: Session, statements: readonly string[]): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    try {
      await guardedEffect(index === 0 ? name : `${name} (${index + 1})`, () =>
        changeAccount(session, statement),
      );
    } catch (error) {
      if (!(error instanceof DatabaseFailure) || error.outcome !== 'permission') throw error;
      throw new Failure(
        'admin-permission-missing',
        `The admin user may not run ${statement}; have somebody run it who may, and run again.`,
        { cause: error },
      );
    }
  }
}

/**
 * Hands off the live: an account that the file or the Kubernetes Secret names, or that somebody logs in to, is never altered.
 * A repair may set it to the password that those places name already: that can only let OpenEMR in again.
 * @param cure what helps where the place names the very password that is to be set
 */
async function assertNotLive(
  inputs: DatabaseUserInputs,
  consequence: string,
  cure = 'Correct that place and run again.',
): Promise<void> {
  const { context, username, host, port, password, repair, deadSecret = false } = inputs;
  const { graceSeconds = defaultGraceSeconds } = inputs;
  const named = await liveUses(context, { username, host, port });
  const uses = withoutDeadSecret(named, deadSecret);
  // Whom a live place names with this very password is refused now: to wait would keep OpenEMR out.
  const [use] = repair ? await inTheWay(uses, loginOf(inputs), context) : uses;
  if (repair && isOpenemrs(uses) && use === undefined)
    return assertNoStranger(inputs, consequence, graceSeconds * 1000);
  if (use?.password === password)
    throw new Failure('login-in-use', `${username} is in use by ${use.where}, ${consequence}. ${cure}`);
  if (use) throw otherPasswordProblem(username, use, consequence);
  if (await isStillIdle(context, username)) return;
  const found = await idleness(context, username, { graceMs: graceSeconds * 1000, limitMs: 0 });
  if (found.idle) return;
  throw new Failure(
    'login-in-use',
    `${username} is in use from ${found.from}${sampledText(found)}; ${consequence}. ${idleCure}, and run again.`,
  );
}

/**
 * Who is let in to an account that refuses OpenEMR has the right password. Where the slot secret has OpenEMR's, the account
 * is ours, and a short look is enough: to wait keeps OpenEMR out.
 */
async function assertNoStranger(
  inputs: DatabaseUserInputs,
  consequence: string,
  graceMs: number,
): Promise<void> {
  const { context, slot, username } = inputs;
  const login = loginOf(inputs);
  const times = (await hasLogin(context, slot, login))
    ? { counted: Math.min(graceMs, shortLookMs), sampled: graceMs }
    : { counted: graceMs, sampled: graceMs * sampledFactor };
  const kubernetes = kubernetesOf(context);
  const strangers = await asAdmin(context, (session) =>
    strangersOf(login, context, { session, kubernetes }, times),
  );
  if (strangers) throw strangersProblem(username, strangers, consequence);
}

/** How long it is looked who is let in to an account that is known to be ours, in ms. */
const shortLookMs = 2000;

/**
 * An account with rights on another schema, which the one in use does not have, is somebody else's: a second OpenEMR
 * on the same server, whose slots have the same default names. One that the slot secret's password lets in is ours.
 */
async function assertOurs(inputs: DatabaseUserInputs, { foreignSchema }: Comparison): Promise<void> {
  const { context, username, slot } = inputs;
  if (foreignSchema === undefined || (await isOfSlotSecret(context, slot, loginOf(inputs)))) return;
  throw new Failure(
    'account-of-another-openemr',
    `The database user ${username} has rights on ${foreignSchema} and seems to belong to another OpenEMR; its password was not changed. ` +
      `Name another username for slot ${slot} in the slot secret and run again.`,
  );
}

async function prove(login: DatabaseLogin, context: WorldContext): Promise<void> {
  const session = await openSession(login, context.trust, login.dbname);
  try {
    await proveSession(session, login);
  } finally {
    await session.close();
  }
}
