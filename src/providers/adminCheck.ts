import type { WorldContext } from '../world/context';
import { act } from './logic';
import { asAdmin, guardedEffect, secretsManager } from './world';

/** Inputs of step 3. */
export interface AdminCheckInputs {
  context: WorldContext;
  rotation: string;
}

/**
 * Step 3: the admin login works, or is healed. A pending or previous password that the database accepts becomes
 * AWSCURRENT again: the secret is brought to the database, so no login of anybody changes.
 */
export const adminCheck = act<AdminCheckInputs>(async ({ context, rotation }) => {
  const secrets = secretsManager(context);
  // One look for the login serves the check and the write: each wrong password counts.
  const foundUnder = await asAdmin(context, async (session, { stage, version }) => {
    if (stage === 'AWSCURRENT') return stage;
    const current = await secrets.read(context.adminSecretId, { stage: 'AWSCURRENT' });
    if (current !== undefined && current.versionId !== version.versionId)
      await guardedEffect('admin secret: heal AWSCURRENT', { context, session }, () =>
        secrets.moveStage(context.adminSecretId, 'AWSCURRENT', current.versionId, version.versionId),
      );
    return stage;
  });
  return { rotation, foundUnder };
});
