import { Failure } from '../failure';
import { parseAdminDocument, renderAdminDocument } from '../plan/secretDocument';
import { secretsManager } from '../world/clients';
import type { WorldContext } from '../world/context';
import { newPassword } from '../world/password';
import { adminPendingId, otherRotation, pendingOfAnother } from '../world/adminPendingId';
import type { SecretVersion } from '../world/secretsManager';
import { guardedWrite } from './world';

/** The version that a rotation makes of the admin secret, and the how manieth it is: the database may refuse one. */
export interface PendingVersion {
  versionId: string;
  /** 0 for the first. */
  again: number;
  /** Undefined when it is still to be made. */
  version: SecretVersion | undefined;
}

/** The newest version of this rotation, or the first one, that is still to be made. */
export async function newestPending(
  context: WorldContext,
  rotation: string,
  current: SecretVersion,
): Promise<PendingVersion> {
  const secrets = secretsManager(context);
  const read = async (again: number): Promise<PendingVersion> => {
    const versionId = adminPendingId(rotation, again);
    const version =
      versionId === current.versionId ? current : await secrets.read(context.adminSecretId, { versionId });
    return { versionId, again, version };
  };
  let newest = await read(0);
  while (newest.version !== undefined && newest.versionId !== current.versionId) {
    const next = await read(newest.again + 1);
    if (next.version === undefined) break;
    newest = next;
  }
  return newest;
}

/**
 * Step "create" of AWS's four: stores a new password under AWSPENDING, which leaves an earlier one of ours.
 * @throws Failure `held` when somebody else has a version pending
 */
export async function createPending(
  context: WorldContext,
  current: SecretVersion,
  versionId: string,
  text = adminText(context, current, newPassword()),
): Promise<SecretVersion> {
  const secrets = secretsManager(context);
  const { adminSecretId } = context;
  await assertNobodyElsePends(context);
  await guardedWrite(context, 'admin secret: create AWSPENDING', () =>
    secrets.put(adminSecretId, text, 'AWSPENDING', versionId),
  );
  // Read back what is stored: after a lost reply it is that value, not ours, that counts.
  const stored = await secrets.read(adminSecretId, { versionId });
  if (stored === undefined)
    throw new Failure('held', `${adminSecretId}: the new version cannot be read back; run again to finish.`);
  return stored;
}

/**
 * The secret as it is, with another password.
 * @throws Failure `held` when it is malformed
 */
export function adminText(context: WorldContext, current: SecretVersion, password: string): string {
  const document = parseAdminDocument(current.text);
  if (document.ok) return renderAdminDocument(document.value.json, password);
  throw new Failure(
    'held',
    `The admin secret ${context.adminSecretId} is malformed: ${document.problems.join('; ')}; correct it and run again to finish.`,
  );
}

async function assertNobodyElsePends(context: WorldContext): Promise<void> {
  const { stages } = await secretsManager(context).describe(context.adminSecretId);
  const other = pendingOfAnother(stages);
  if (other !== undefined) throw otherRotation('held', context.adminSecretId, other);
}
