import { Failure } from '../base/failure';
import type { DatabaseLogin, Slot } from '../rotation/slot';
import type { Account } from '../mysql/accounts';
import { alterPassword, findAccount } from '../mysql/accounts';
import type { WorldContext } from '../target/context';
import type { Session } from '../mysql/database';
import { tryLogin, tryLoginOrLocked } from '../mysql/database';
import { discardOldPassword, hasSecondPassword, setKeeping, setRetaining } from '../mysql/dualPassword';
import { tellNotice } from '../base/notices';
import { openSqlconf } from '../openemr/openSqlconf';
import { idleCure, idleness, isSampled, sampledText } from './10-renewal/idle';
import { asAdmin, guardedEffect, liveUses } from './adminSession';

/** What becomes of the password that an account had before. */
export interface OldPasswordRules {
  /** `keep`: it stays valid beside the new one until the next rotation. `end`: at the end of the step only one works. */
  oldPassword?: 'keep' | 'end';
  /** Given in step 10: how long to wait until nobody logs in any more, in seconds. Without it the first sign ends it. */
  limitSeconds?: number;
}

/** An account whose password is changed, and how. */
export interface Changed extends OldPasswordRules {
  context: WorldContext;
  slot: Slot;
  login: DatabaseLogin;
  graceSeconds: number;
}

/** Sets the password by one guarded write; the one before stays valid as far as the rules and the server want it. */
export async function setSlotPassword(session: Session, account: Account, changed: Changed): Promise<void> {
  const { context, slot, login, oldPassword, limitSeconds } = changed;
  const { username, password } = login;
  const retains = limitSeconds !== undefined && oldPassword === 'end' && (await isSampled(context, username));
  await guardedEffect(`database: ALTER USER of slot ${slot}`, async () => {
    if (oldPassword === 'keep') {
      if (await setKeeping(session, account, password)) return;
      throw new Failure(
        'dual-password-unsupported',
        `The database cannot keep the old password of ${username} beside a new one, so its password was not changed; run again without --keep-old-password to finish.`,
      );
    }
    if (retains) await setRetaining(session, account, password);
    else await alterPassword(session, account, password);
  });
}

/** Whether the database still takes an older password of the account that is to end now. */
export async function hasOldPasswordToEnd(
  session: Session,
  { oldPassword, login }: Pick<Changed, 'oldPassword' | 'login'>,
): Promise<boolean> {
  if (oldPassword !== 'end') return false;
  const account = await findAccount(session, login.username);
  return account !== undefined && (await hasSecondPassword(session, account));
}

/**
 * Ends the older one of two passwords, when nobody has logged in for the grace period: which of the two somebody gave, no
 * server tells. An account that OpenEMR is on keeps both until its password is renewed.
 * @param set sets the wanted password where only the older one was it
 * @throws Failure `old-login-in-use` when the account is in use
 */
export async function endOldPassword(
  changed: Changed,
  set: (session: Session, account: Account) => Promise<void>,
): Promise<void> {
  const { context, slot, login } = changed;
  const ends = await asAdmin(context, (session) => hasOldPasswordToEnd(session, changed));
  if (!ends) return;
  const { username } = login;
  const [use] = await liveUses(context, login);
  if (use !== undefined) {
    tellNotice(
      `${use.where} names ${username}, so its old password, which works beside the new one, was not discarded; a later rotation ends it, when it renews the password of ${username}`,
    );
    return;
  }
  if (!(await isUnused(changed))) return;
  await asAdmin(context, async (session) => {
    const account = await findAccount(session, username);
    if (account === undefined) return;
    const name = `database: discard the old password of slot ${slot}`;
    await guardedEffect(name, () => discardOldPassword(session, account));
    // The wanted one can have been the older of the two: after a restore, or with a state that was lost.
    if ((await tryLogin(login, context.trust)) === 'denied') await set(session, account);
  });
}

async function isUnused({ context, login, graceSeconds, limitSeconds }: Changed): Promise<boolean> {
  const { username } = login;
  const limitMs = (limitSeconds ?? 0) * 1000;
  const found = await idleness(context, username, { graceMs: graceSeconds * 1000, limitMs });
  if (found.idle) return true;
  const said = `${username} is ${limitSeconds === undefined ? '' : 'still '}in use from ${found.from}${sampledText(found)}; its old password, which works beside the new one, was not discarded`;
  if (limitSeconds === undefined && (await isOpenemrDown(context))) {
    tellNotice(`${said}, since OpenEMR is down and goes first; a later rotation ends it`);
    return false;
  }
  const finish = limitSeconds === undefined ? '' : ' to finish';
  throw new Failure('old-login-in-use', `${said}. ${idleCure}, and run again${finish}.`);
}

async function isOpenemrDown(context: WorldContext): Promise<boolean> {
  const { login } = await openSqlconf(context);
  return (await tryLoginOrLocked(login, context.trust)) === 'denied';
}
