import { Failure } from '../../base/failure';
import { parseAdminDocument, renderAdminDocument } from '../../rotation/secretDocument';
import { newPassword } from '../../secrecy/password';
import {
  adminLabel,
  adminPendingId,
  endedPending,
  isPendingOf,
  otherRotation,
  pendingOfAnother,
  pendingOfThisTool,
} from '../../aws/adminPendingId';
import { isKnownToWork } from '../../mysql/databaseErrors';
import type { SecretVersion } from '../../aws/secretsManager';
import type { HealedAdmin } from '../03-admin-check/apply';
import type { AdminWorld } from './world';

/** The version that a rotation makes of the admin secret, and its attempt number: the database may refuse one. */
export interface PendingVersion {
  versionId: string;
  /** 0 for the first. */
  again: number;
  /** Undefined when it is still to be made. */
  version: SecretVersion | undefined;
}

/**
 * The newest version of this rotation, or the next one, that is still to be made. One that lost its labels and that the
 * database refuses is used no more: another run made it current, and it has been replaced since. Nor is one of another
 * user than the current one's: somebody gave the secret a user of its own since, and asks for no other's password.
 */
export async function newestPending(
  world: AdminWorld,
  rotation: string,
  current: SecretVersion,
): Promise<PendingVersion> {
  const { secrets, secretId } = world;
  const read = async (again: number): Promise<PendingVersion> => {
    const versionId = adminPendingId(rotation, again);
    const version = versionId === current.versionId ? current : await secrets.read(secretId, { versionId });
    return { versionId, again, version };
  };
  let newest = await read(0);
  while (newest.version !== undefined && newest.versionId !== current.versionId) {
    const next = await read(newest.again + 1);
    if (next.version === undefined) break;
    newest = next;
  }
  const { version, versionId, again } = newest;
  if (version === undefined || versionId === current.versionId) return newest;
  const next = { versionId: adminPendingId(rotation, again + 1), again: again + 1, version: undefined };
  if (!isOfSameUser(version, current)) return next;
  const { stages } = await secrets.describe(secretId);
  const isPending = pendingOfThisTool(stages).includes(versionId);
  if (!isPending && !(await isKnownToWork(world.logsIn(version.text)))) return next;
  await keepLabel(world, versionId);
  return newest;
}

/** Gives a version of this rotation its own label again, before its password is set. */
async function keepLabel(world: AdminWorld, versionId: string): Promise<void> {
  const { secrets, secretId } = world;
  const { stages } = await secrets.describe(secretId);
  const label = adminLabel(versionId);
  if (stages[versionId]?.includes(label)) return;
  await world.write('admin secret: label the pending version', () =>
    secrets.moveStage(secretId, label, undefined, versionId),
  );
}

/**
 * Directly before a password is set: the version that holds it has the label that nobody else moves.
 * @throws Failure `admin-version-lost` when it has not
 */
export async function assertKept({ secrets, secretId }: AdminWorld, versionId: string): Promise<void> {
  const { stages } = await secrets.describe(secretId);
  if (stages[versionId]?.includes(adminLabel(versionId))) return;
  throw new Failure(
    'admin-version-lost',
    `Version ${versionId} of ${secretId} lost its label while this run was about to set its password, so it was not set. Run again to finish.`,
  );
}

/**
 * Step "create" of AWS's four: stores a new password, under a label of its own only. AWSPENDING is one label for all: it
 * would leave the version of another OpenEMR's rotation, and taking it away at the end is one more call.
 * @throws Failure `secret-rotated-by-others` when another tool has a version pending
 */
export async function createPending(
  world: AdminWorld,
  current: SecretVersion,
  versionId: string,
  text = adminText(world, current, newPassword()),
): Promise<SecretVersion> {
  const { secrets, secretId } = world;
  await world.write('admin secret: create AWSPENDING', async () => {
    const { stages } = await secrets.describe(secretId);
    const other = pendingOfAnother(stages);
    if (other !== undefined) throw otherRotation(secretId, other);
    const ended = endedPending(stages);
    if (ended !== undefined) await secrets.moveStage(secretId, 'AWSPENDING', ended);
    await secrets.put(secretId, text, [adminLabel(versionId)], versionId);
  });
  // Read back what is stored: after a lost reply it is that value, not ours, that counts.
  const stored = await secrets.read(secretId, { versionId });
  if (stored === undefined)
    throw new Failure(
      'admin-version-lost',
      `${secretId}: the new version cannot be read back; run again to finish.`,
    );
  return stored;
}

/**
 * Judges what the rotations of other OpenEMRs have pending: what the database accepts was set, so it becomes current,
 * and its own run finds it so. What the database refuses stays as it is, for its own run to finish.
 * @returns the version that is current then
 */
export async function settleOthers(
  world: AdminWorld,
  rotation: string,
  { current, refused }: HealedAdmin,
): Promise<SecretVersion> {
  const { secrets, secretId } = world;
  const { stages } = await secrets.describe(secretId);
  for (const versionId of pendingOfThisTool(stages)) {
    if (isPendingOf(rotation, versionId)) continue;
    // Each wrong password counts for the server: this one was refused when the session was opened.
    if (refused.includes(versionId)) continue;
    const version = await secrets.read(secretId, { versionId });
    if (version === undefined || !isOfSameUser(version, current)) continue;
    if (!(await isKnownToWork(world.logsIn(version.text)))) continue;
    await world.write('admin secret: finish the rotation of another OpenEMR', () =>
      secrets.moveStage(secretId, 'AWSCURRENT', current.versionId, versionId),
    );
    await takeLabels(world, [versionId]);
    return version;
  }
  return current;
}

/** Whether two versions name one user. Somebody may have stored another user since: then an older one's is over. */
export function isOfSameUser(one: SecretVersion, other: SecretVersion): boolean {
  const [mine, theirs] = [one, other].map(({ text }) => parseAdminDocument(text));
  return (
    mine?.ok === true && theirs?.ok === true && mine.value.login.username === theirs.value.login.username
  );
}

/** Takes the label of its own from versions that need it no more; AWSPENDING, too, which this tool gave them before. */
export async function takeLabels(world: AdminWorld, versionIds: readonly string[]): Promise<void> {
  const { secrets, secretId } = world;
  const { stages } = await secrets.describe(secretId);
  for (const versionId of versionIds) {
    const labels = stages[versionId] ?? [];
    if (labels.includes('AWSPENDING'))
      await world.write('admin secret: remove AWSPENDING', () =>
        secrets.moveStage(secretId, 'AWSPENDING', versionId),
      );
    const own = adminLabel(versionId);
    if (labels.includes(own))
      await world.write('admin secret: remove the label of the pending version', () =>
        secrets.moveStage(secretId, own, versionId),
      );
  }
}

/**
 * The versions of a rotation that still have a label of theirs and need it no more, when `kept` is current. One of another
 * user needs it as long as the database may have its password: nothing else knows that one.
 */
export async function overOf(world: AdminWorld, rotation: string, kept: string): Promise<string[]> {
  const { secrets, secretId } = world;
  const { stages } = await secrets.describe(secretId);
  const older = pendingOfThisTool(stages).filter((id) => isPendingOf(rotation, id) && id !== kept);
  const current = older.length === 0 ? undefined : await secrets.read(secretId, { versionId: kept });
  const over = [kept];
  for (const versionId of older) {
    const version = await secrets.read(secretId, { versionId });
    const isOther = version !== undefined && current !== undefined && !isOfSameUser(version, current);
    if (!isOther || !(await world.mayHave(version.text))) over.push(versionId);
  }
  return over;
}

/**
 * The secret as it is, with another password.
 * @throws Failure `secret-malformed` when it is malformed
 */
export function adminText({ secretId }: AdminWorld, current: SecretVersion, password: string): string {
  const document = parseAdminDocument(current.text);
  if (document.ok) return renderAdminDocument(document.value.json, password);
  throw new Failure(
    'secret-malformed',
    `The admin secret ${secretId} is malformed: ${document.problems.join('; ')}; correct it and run again to finish.`,
  );
}
