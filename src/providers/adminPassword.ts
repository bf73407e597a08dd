import { Failure } from '../failure';
import { parseAdminDocument } from '../plan/secretDocument';
import type { DatabaseLogin } from '../plan/slot';
import { adminPendingId, isPendingOf } from '../world/adminPendingId';
import { secretsManager } from '../world/clients';
import { discardOldPassword, setRetaining } from '../world/dualPassword';
import { findAccount, ownAccount } from '../world/accounts';
import type { WorldContext } from '../world/context';
import { tryLogin } from '../world/database';
import { isPasswordRefusal } from '../world/databaseErrors';
import type { SecretVersion } from '../world/secretsManager';
import { healAdmin } from './adminCheck';
import type { PendingVersion } from './adminPending';
import { adminText, createPending, newestPending } from './adminPending';
import { assertIdle, defaultGraceSeconds, oldLoginGoneAt } from './idle';
import { act } from './logic';
import { asAdmin, asWriter, guardedEffect, guardedWrite, liveUses } from './world';

/** Inputs of step 11. */
export interface AdminPasswordInputs {
  context: WorldContext;
  rotation: string;
  /** How long nobody else may log in to the admin before its password is changed, in seconds. */
  graceSeconds?: number;
  /** How long to wait for that, in seconds. */
  limitSeconds?: number;
  /** Given where OpenEMR itself has left the admin user: how long the old login can still be read, in seconds. */
  oldLoginSeconds?: number;
}

/**
 * Step 11 in the four steps of an AWS rotation (docs.aws.amazon.com/secretsmanager: rotate-secrets_lambda-functions):
 * create (AWSPENDING), set, test, finish (AWSCURRENT by compare-and-swap). Each looks first at what is done. Where the
 * server knows two passwords for a user, the old one works until AWSCURRENT has moved.
 */
export const adminPassword = act<AdminPasswordInputs>(async (inputs) => {
  const { context, rotation } = inputs;
  const secrets = secretsManager(context);
  // A version of this rotation becomes current below, and not without what somebody else put into the secret meanwhile.
  const { current } = await healAdmin(
    context,
    async (found, working) => isPendingOf(rotation, working.versionId) || (await logsIn(context, found.text)),
  );
  const pending = await newestPending(context, rotation, current);
  let { versionId } = pending;
  if (current.versionId !== versionId) {
    await assertUnused(inputs, loginOf(context, current));
    try {
      versionId = await setNewest(context, current, { rotation, ...pending });
    } catch (error) {
      // What the policy refuses is known to nothing: another password is made, once in a run.
      if (!isPasswordRefusal(error)) throw error;
      versionId = adminPendingId(rotation, pending.again + 1);
      await setAndTest(context, await createPending(context, current, versionId));
    }
    await guardedWrite(context, 'admin secret: AWSCURRENT to the new version', () =>
      secrets.moveStage(context.adminSecretId, 'AWSCURRENT', current.versionId, versionId),
    );
  }
  await asWriter(context, async (session) => {
    await discardOldPassword(session, await ownAccount(session));
  });
  await finish(context, versionId);
  return { rotation, versionId };
});

async function logsIn(context: WorldContext, text: string): Promise<boolean> {
  const document = parseAdminDocument(text);
  return document.ok && (await tryLogin({ ...document.value.login, dbname: '' }, context.trust)) === 'works';
}

/**
 * Steps "create", "set" and "test", as far as they are not done: what was just made cannot log in yet, and each login
 * in vain counts. Where somebody changed other values of the secret since, a version with both is stored.
 * @returns the version that the database accepts
 */
async function setNewest(
  context: WorldContext,
  current: SecretVersion,
  { rotation, versionId, again, version }: PendingVersion & { rotation: string },
): Promise<string> {
  if (version === undefined) {
    await setAndTest(context, await createPending(context, current, versionId));
    return versionId;
  }
  if (!(await logsIn(context, version.text))) await setAndTest(context, version);
  const both = adminText(context, current, loginOf(context, version).password);
  if (both === version.text) return versionId;
  const next = adminPendingId(rotation, again + 1);
  await test(context, await createPending(context, current, next, both));
  return next;
}

/** Steps "set" and "test". */
async function setAndTest(context: WorldContext, version: SecretVersion): Promise<void> {
  await setPending(context, loginOf(context, version));
  await test(context, version);
}

async function test(context: WorldContext, version: SecretVersion): Promise<void> {
  const login = loginOf(context, version);
  if ((await tryLogin({ ...login, dbname: '' }, context.trust)) === 'denied') {
    throw new Failure(
      'held',
      `The database refuses ${login.username} with its new password (AWSPENDING of ${context.adminSecretId}); the old one stays current. Run again to finish.`,
    );
  }
}

function loginOf(context: WorldContext, version: SecretVersion): DatabaseLogin {
  const document = parseAdminDocument(version.text);
  if (document.ok) return document.value.login;
  throw new Failure(
    'held',
    `Version ${version.versionId} of ${context.adminSecretId} is malformed: ${document.problems.join('; ')}; take its AWSPENDING label away and run again.`,
  );
}

/**
 * Nobody else keeps the admin's login. Whoever reads the secret for each login is let in all the time, and an open
 * session outlives its password: so only new logins hinder, but where OpenEMR itself has just left this account.
 * @throws Failure `held`
 */
async function assertUnused(
  { context, graceSeconds = defaultGraceSeconds, limitSeconds = 0, oldLoginSeconds }: AdminPasswordInputs,
  login: DatabaseLogin,
): Promise<void> {
  await assertNotNamed(context, login);
  const { username } = login;
  const left = oldLoginSeconds !== undefined;
  const notBefore = left ? await oldLoginGoneAt(context, oldLoginSeconds) : 0;
  const rules = { graceMs: graceSeconds * 1000, limitMs: limitSeconds * 1000, notBefore, loginsOnly: !left };
  await assertIdle(context, username, rules, 'the password of the admin was not changed');
}

async function assertNotNamed(context: WorldContext, login: DatabaseLogin): Promise<void> {
  const [use] = await liveUses(context, login);
  if (use)
    throw new Failure(
      'held',
      `${use.where} uses the admin user ${login.username}; its password was not changed. Let ${use.where} name a slot's user, and run again to finish.`,
    );
}

async function setPending(context: WorldContext, login: DatabaseLogin): Promise<void> {
  await assertNotNamed(context, login);
  await asAdmin(context, async (session) => {
    const own = await ownAccount(session);
    const account = own.username === login.username ? own : await findAccount(session, login.username);
    if (account === undefined)
      throw new Failure(
        'held',
        `The database user ${login.username} of ${context.adminSecretId} does not exist, so its password was not changed; name in that secret the user that the database has, and run again to finish.`,
      );
    await guardedEffect('database: ALTER USER of the admin', { context, session }, () =>
      setRetaining(session, account, login.password),
    );
  });
}

/** Takes AWSPENDING away from the version that is now current, as AWS's own rotation does. */
async function finish(context: WorldContext, token: string): Promise<void> {
  const secrets = secretsManager(context);
  const { stages } = await secrets.describe(context.adminSecretId);
  if (!stages[token]?.includes('AWSPENDING')) return;
  await guardedWrite(context, 'admin secret: remove AWSPENDING', () =>
    secrets.moveStage(context.adminSecretId, 'AWSPENDING', token),
  );
}
