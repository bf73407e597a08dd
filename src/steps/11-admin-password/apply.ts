import { Failure } from '../../base/failure';
import { versionUnder } from '../../rotation/labels';
import { parseAdminDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin } from '../../rotation/slot';
import { adminPendingId, isPendingOf } from '../../aws/adminPendingId';
import type { WorldContext } from '../../target/context';
import { isKnownToWork, isPasswordRefusal } from '../../mysql/databaseErrors';
import type { SecretVersion } from '../../aws/secretsManager';
import { adminAccount } from './account';
import { healAdmin } from '../03-admin-check/apply';
import { withAdminLock } from './lock';
import type { PendingVersion } from './pending';
import {
  adminText,
  assertKept,
  createPending,
  isOfSameUser,
  newestPending,
  overOf,
  settleOthers,
  takeLabels,
} from './pending';
import type { AdminWorld } from './world';
import { adminWorldOf } from './world';
import { assertIdle, defaultGraceSeconds, oldLoginGoneAt } from '../10-renewal/idle';
import { act } from '../logic';

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

/** Step 11, alone on the admin secret: several OpenEMRs may share it. */
export const adminPassword = act<AdminPasswordInputs>(async (inputs) => {
  const { context, rotation } = inputs;
  const world = {
    ...adminWorldOf(context),
    assertUnused: (login: DatabaseLogin) => assertUnused(inputs, login),
  };
  const versionId = await withAdminLock(context, () => renewAdmin(world, rotation));
  return { rotation, versionId };
});

/**
 * Nobody else keeps the admin's login. Whoever reads the secret for each login is let in all the time, and an open
 * session outlives its password: so only new logins hinder, but where OpenEMR itself has just left this account.
 * @throws Failure
 */
async function assertUnused(
  { context, graceSeconds = defaultGraceSeconds, limitSeconds = 0, oldLoginSeconds }: AdminPasswordInputs,
  login: DatabaseLogin,
): Promise<void> {
  await adminAccount(context, login);
  const { username } = login;
  const left = oldLoginSeconds !== undefined;
  const notBefore = left ? await oldLoginGoneAt(context, oldLoginSeconds) : 0;
  const rules = { graceMs: graceSeconds * 1000, limitMs: limitSeconds * 1000, notBefore, loginsOnly: !left };
  await assertIdle(context, username, rules, 'the password of the admin was not changed');
}

/**
 * The four steps of an AWS rotation (docs.aws.amazon.com/secretsmanager: rotate-secrets_lambda-functions): create
 * (under a label of its own instead of AWSPENDING), set, test, finish (AWSCURRENT by compare-and-swap). Each looks first at what is done. Where the server
 * knows two passwords for a user, the old one works until AWSCURRENT has moved. No password is lost even where the lock
 * fails: what may be set is always in a version with a label that only its own rotation takes away.
 * @returns the version that is current then
 */
export async function renewAdmin(world: AdminWorld, rotation: string): Promise<string> {
  const { secrets, secretId } = world;
  // A version of this rotation becomes current below, and not without what somebody else put into the secret meanwhile.
  const healed = await healAdmin(world, (working) => isPendingOf(rotation, working.versionId));
  const isOurs = isPendingOf(rotation, healed.current.versionId);
  const current = isOurs ? healed.current : await settleOthers(world, rotation, healed);
  const pending = await newestPending(world, rotation, current);
  let { versionId } = pending;
  if (current.versionId !== versionId) {
    await world.assertUnused?.(loginOf(world, current));
    try {
      versionId = await setNewest(world, current, { rotation, ...pending });
    } catch (error) {
      // What the policy refuses is known to nothing: another password is made, once in a run.
      if (!isPasswordRefusal(error)) throw error;
      versionId = adminPendingId(rotation, pending.again + 1);
      await setAndTest(world, await createPending(world, current, versionId));
    }
    await world.write('admin secret: AWSCURRENT to the new version', () =>
      secrets.moveStage(secretId, 'AWSCURRENT', current.versionId, versionId),
    );
  }
  await discardOlder(world, versionId);
  await takeLabels(world, await overOf(world, rotation, versionId));
  return versionId;
}

/**
 * Ends the older of two passwords, if the two that log in are the current version's and the previous one's. Any other
 * one stays: it may be somebody else's. It is the current version's that is left.
 */
async function discardOlder(world: AdminWorld, versionId: string): Promise<void> {
  const { secrets, secretId } = world;
  if (!(await world.hasTwo())) return;
  const { stages } = await secrets.describe(secretId);
  if (versionUnder(stages, 'AWSCURRENT') !== versionId) return;
  const kept = await secrets.read(secretId, { versionId });
  if (kept === undefined || !(await world.logsIn(kept.text))) return;
  // Read between the two logins, so that the first one's connection has ended: a server may allow few at once.
  const older = await secrets.read(secretId, { stage: 'AWSPREVIOUS' });
  if (older === undefined || !isOfSameUser(older, kept)) return;
  if (!(await isKnownToWork(world.logsIn(older.text)))) return;
  await world.discardOld();
  if (await world.logsIn(kept.text)) return;
  // Another OpenEMR's run set the previous one after this one: the server does not tell which of two is the older.
  await setAndTest(world, kept);
  await world.discardOld();
}

/**
 * Steps "create", "set" and "test", as far as they are not done: what was just made cannot log in yet, and each login
 * in vain counts. Where somebody changed other values of the secret since, a version with both is stored.
 * @returns the version that the database accepts
 */
async function setNewest(
  world: AdminWorld,
  current: SecretVersion,
  { rotation, versionId, again, version }: PendingVersion & { rotation: string },
): Promise<string> {
  if (version === undefined) {
    await setAndTest(world, await createPending(world, current, versionId));
    return versionId;
  }
  if (!(await isKnownToWork(world.logsIn(version.text)))) await setAndTest(world, version);
  const text = adminText(world, current, loginOf(world, version).password);
  if (text === version.text) return versionId;
  const next = adminPendingId(rotation, again + 1);
  await test(world, await createPending(world, current, next, text));
  return next;
}

/** Steps "set" and "test". */
async function setAndTest(world: AdminWorld, version: SecretVersion): Promise<void> {
  await world.setPassword(loginOf(world, version), () => assertKept(world, version.versionId));
  await test(world, version);
}

async function test(world: AdminWorld, version: SecretVersion): Promise<void> {
  const { username } = loginOf(world, version);
  if (await world.logsIn(version.text)) return;
  throw new Failure(
    'admin-new-password-refused',
    `The database refuses ${username} with its new password (version ${version.versionId} of ${world.secretId}); no other one was lost. Run again to finish.`,
  );
}

function loginOf({ secretId }: AdminWorld, version: SecretVersion): DatabaseLogin {
  const document = parseAdminDocument(version.text);
  if (document.ok) return document.value.login;
  throw new Failure(
    'secret-malformed',
    `Version ${version.versionId} of ${secretId} is malformed: ${document.problems.join('; ')}; remove its AWSPENDING label and run again.`,
  );
}
