import { Failure } from '../failure';
import { secretsManager } from '../world/clients';
import type { WorldContext } from '../world/context';
import type { AdminCredentials } from '../world/adminCredentials';
import type { SecretVersion } from '../world/secretsManager';
import { proof } from './logic';
import { asAdmin, guardedEffect } from './world';

/** Inputs of step 3. */
export interface AdminCheckInputs {
  context: WorldContext;
  rotation: string;
  /** Names the run that it is for. */
  run: string;
}

/**
 * Step 3: the admin login works, or is healed. A pending or previous password that the database accepts becomes
 * AWSCURRENT again: the secret is brought to the database, so no login of anybody changes.
 */
export const adminCheck = proof<AdminCheckInputs>(async ({ context, rotation }) => {
  const { foundUnder } = await healAdmin(context);
  return { rotation, foundUnder };
});

/** Where the admin's session found its login, and the version that is current when all is healed. */
export interface HealedAdmin {
  foundUnder: AdminCredentials['stage'];
  current: SecretVersion;
}

/**
 * Moves AWSCURRENT to the version that the admin's session logged in with, if that is another one.
 * @param leave asked before a move by a session that is not new: the secret may have changed since it was opened
 * @throws Failure `held` where no version is current
 */
export async function healAdmin(
  context: WorldContext,
  leave: (current: SecretVersion, working: SecretVersion) => Promise<boolean> = async () => false,
): Promise<HealedAdmin> {
  const secrets = secretsManager(context);
  const { adminSecretId } = context;
  // One look for the login serves the check and the write: each wrong password counts.
  return asAdmin(context, async (session, { stage: foundUnder, version }) => {
    const current = await secrets.read(adminSecretId, { stage: 'AWSCURRENT' });
    if (current === undefined)
      throw new Failure(
        'held',
        `The admin secret ${adminSecretId} has no AWSCURRENT version; restore one (aws secretsmanager update-secret-version-stage) and run again to finish.`,
      );
    const isHealthy = foundUnder === 'AWSCURRENT' || current.versionId === version.versionId;
    if (isHealthy || (await leave(current, version))) return { foundUnder, current };
    await guardedEffect('admin secret: heal AWSCURRENT', { context, session }, () =>
      secrets.moveStage(adminSecretId, 'AWSCURRENT', current.versionId, version.versionId),
    );
    return { foundUnder, current: version };
  });
}
