import { createHash } from 'node:crypto';
import { Failure } from '../failure';
import { parseAdminDocument, renderAdminDocument } from '../plan/secretDocument';
import type { DatabaseLogin } from '../plan/slot';
import { discardOldPassword, setRetaining } from '../world/dualPassword';
import { findAccount, ownAccount } from '../world/accounts';
import type { WorldContext } from '../world/context';
import { tryLogin } from '../world/database';
import { newPassword } from '../world/password';
import type { SecretVersion } from '../world/secretsManager';
import { act } from './logic';
import { asAdmin, asWriter, guardedEffect, guardedWrite, liveUses, secretsManager } from './world';

/** Inputs of step 11. */
export interface AdminPasswordInputs {
  context: WorldContext;
  rotation: string;
}

/**
 * Step 11 in the four steps of an AWS rotation (docs.aws.amazon.com/secretsmanager: rotate-secrets_lambda-functions):
 * create (AWSPENDING), set, test, finish (AWSCURRENT by compare-and-swap). Each looks first at what is done. Where the
 * server knows two passwords for a user, the old one works until AWSCURRENT has moved.
 */
export const adminPassword = act<AdminPasswordInputs>(async ({ context, rotation }) => {
  const secrets = secretsManager(context);
  const current = await secrets.read(context.adminSecretId, { stage: 'AWSCURRENT' });
  if (current === undefined)
    throw new Failure(
      'held',
      `${context.adminSecretId} has no AWSCURRENT version; restore one and run again.`,
    );
  const token = tokenOf(rotation);
  if (current.versionId !== token) {
    const pending = await createPending(context, current, token);
    const login = loginOf(context, pending);
    await setPending(context, login);
    if ((await tryLogin({ ...login, dbname: '' }, context.trust)) === 'denied') {
      throw new Failure(
        'held',
        `The database refuses ${login.username} with its new password (AWSPENDING of ${context.adminSecretId}); the old one stays current. Run again to finish.`,
      );
    }
    await guardedWrite(context, 'admin secret: AWSCURRENT to the new version', () =>
      secrets.moveStage(context.adminSecretId, 'AWSCURRENT', current.versionId, token),
    );
  }
  await asWriter(context, async (session) => {
    await discardOldPassword(session, await ownAccount(session));
  });
  await finish(context, token);
  return { rotation, versionId: token };
});

/** A version id that the same rotation always finds again; Secrets Manager takes 32 to 64 characters. */
function tokenOf(rotation: string): string {
  const hex = createHash('sha256').update(`admin password of rotation ${rotation}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

async function createPending(
  context: WorldContext,
  current: SecretVersion,
  token: string,
): Promise<SecretVersion> {
  const secrets = secretsManager(context);
  const existing = await secrets.read(context.adminSecretId, { versionId: token });
  if (existing) return existing;
  const document = parseAdminDocument(current.text);
  if (!document.ok)
    throw new Failure(
      'held',
      `The admin secret ${context.adminSecretId} is malformed: ${document.problems.join('; ')}.`,
    );
  const text = renderAdminDocument(document.value.json, newPassword());
  await guardedWrite(context, 'admin secret: create AWSPENDING', () =>
    secrets.put(context.adminSecretId, text, 'AWSPENDING', token),
  );
  // Read back what is stored: after a lost reply it is that value, not ours, that counts.
  const stored = await secrets.read(context.adminSecretId, { versionId: token });
  if (stored === undefined)
    throw new Failure(
      'held',
      `${context.adminSecretId}: the new version cannot be read back; run again to finish.`,
    );
  return stored;
}

function loginOf(context: WorldContext, version: SecretVersion): DatabaseLogin {
  const document = parseAdminDocument(version.text);
  if (document.ok) return document.value.login;
  throw new Failure(
    'held',
    `Version ${version.versionId} of ${context.adminSecretId} is malformed: ${document.problems.join('; ')}.`,
  );
}

async function setPending(context: WorldContext, login: DatabaseLogin): Promise<void> {
  if ((await tryLogin({ ...login, dbname: '' }, context.trust)) === 'works') return;
  const [use] = await liveUses(context, login);
  if (use)
    throw new Failure(
      'held',
      `${use.where} uses the admin user ${login.username}; its password was not changed. Move OpenEMR to a slot first.`,
    );
  await asAdmin(context, async (session) => {
    const own = await ownAccount(session);
    const account = own.username === login.username ? own : await findAccount(session, login.username);
    if (account === undefined)
      throw new Failure(
        'held',
        `The database user ${login.username} of ${context.adminSecretId} does not exist.`,
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
