import { Failure } from '../../base/failure';
import { isPendingOf } from '../../aws/adminPendingId';
import type { Measured } from '../../rotation/proofs';
import type { WorldContext } from '../../target/context';
import type { SecretVersion } from '../../aws/secretsManager';
import { withAdminLock } from '../11-admin-password/lock';
import type { AdminWorld } from '../11-admin-password/world';
import { adminWorldOf } from '../11-admin-password/world';
import { proof } from '../logic';

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
  const world = adminWorldOf(context);
  const { stage: foundUnder, version, known } = await world.found();
  const refused = known.refused.length;
  const measured: Measured<'adminLogin'> = { foundUnder, tried: refused + 1, refused };
  if (foundUnder === 'AWSCURRENT') return { rotation, foundUnder, measured };
  // Another OpenEMR that shares the secret may be between its new password and the move of the label.
  await withAdminLock(context, async () => {
    const current = await currentVersion(world);
    // Step 11 of the same rotation makes its own version current, with what somebody else put into the secret meanwhile.
    const isOwn = (working: SecretVersion): boolean => isPendingOf(rotation, working.versionId);
    if (current.versionId !== version.versionId) await healAdmin(world, isOwn);
  });
  return { rotation, foundUnder, measured };
});

/** Where the admin's session found its login, and the version that is current when all is healed. */
export interface HealedAdmin {
  /** The versions that the database has refused in this run. */
  refused: readonly string[];
  current: SecretVersion;
}

/**
 * Moves AWSCURRENT to the version that the admin's session logged in with, if that is another one. A current version
 * that came since that login, and works, stays.
 * @param leave asked before a move
 * @throws Failure `admin-secret-no-current` where no version is current
 */
export async function healAdmin(
  world: AdminWorld,
  leave: (working: SecretVersion) => boolean = () => false,
): Promise<HealedAdmin> {
  const { stage, version, known } = await world.found();
  const { refused } = known;
  const current = await currentVersion(world);
  const isHealthy = stage === 'AWSCURRENT' || current.versionId === version.versionId;
  if (isHealthy || leave(version)) return { refused, current };
  if (current.versionId !== known.current && (await world.logsIn(current.text))) return { refused, current };
  await world.write('admin secret: heal AWSCURRENT', () =>
    world.secrets.moveStage(world.secretId, 'AWSCURRENT', current.versionId, version.versionId),
  );
  return { refused, current: version };
}

async function currentVersion({ secrets, secretId }: AdminWorld): Promise<SecretVersion> {
  const current = await secrets.read(secretId, { stage: 'AWSCURRENT' });
  if (current !== undefined) return current;
  throw new Failure(
    'admin-secret-no-current',
    `The admin secret ${secretId} has no AWSCURRENT version; restore one (aws secretsmanager update-secret-version-stage) and run again to finish.`,
  );
}
