import { Failure } from '../base/failure';
import { versionUnder } from '../rotation/labels';

/** Begins the id of every version that a rotation makes of the admin secret. */
const prefix = 'credential-rotation-admin-password-';
/** Begins the label that each of these versions has for itself. */
const labelPrefix = 'CREDENTIAL_ROTATION_ADMIN_';

/**
 * The id of a version of the admin secret, which the same rotation always finds again, and every other one knows for
 * this tool's. Secrets Manager takes 32 to 64 characters.
 * @param again how often the database refused the password before
 */
export function adminPendingId(rotation: string, again: number): string {
  return `${prefix}${rotation}${again === 0 ? '' : `-${again + 1}`}`;
}

/** Whether a rotation made this version of the admin secret. */
export function isPendingOf(rotation: string, versionId: string): boolean {
  const first = adminPendingId(rotation, 0);
  return versionId === first || versionId.startsWith(`${first}-`);
}

/** Whether a rotation of this tool made this version, whichever it was. */
export function isOfThisTool(versionId: string): boolean {
  return versionId.startsWith(prefix);
}

/**
 * The label of one rotation's version. AWSPENDING is one for all: whoever stores a version under it takes it from the
 * one that had it, and Secrets Manager deletes a version without labels. This one nobody else ever moves.
 */
export function adminLabel(versionId: string): string {
  return `${labelPrefix}${versionId.slice(prefix.length)}`;
}

/** Whether a version waits to become current: under AWSPENDING, or under a label of its own. */
function pends(labels: readonly string[]): boolean {
  return labels.some((label) => label === 'AWSPENDING' || label.startsWith(labelPrefix));
}

/** The versions that this tool made and that have not become current, newest rotation first. */
export function pendingOfThisTool(stages: Record<string, string[]>): string[] {
  return Object.keys(stages)
    .filter((id) => isOfThisTool(id) && !stages[id]?.includes('AWSCURRENT') && pends(stages[id] ?? []))
    .sort()
    .reverse();
}

/**
 * The version that another tool has pending: under AWSPENDING, not of this tool, and not one whose rotation has ended.
 * @param stages labels by version id
 */
export function pendingOfAnother(stages: Record<string, string[]>): string | undefined {
  const pending = versionUnder(stages, 'AWSPENDING');
  return pending === undefined || isOfThisTool(pending) || pending === endedPending(stages)
    ? undefined
    : pending;
}

/**
 * The version that has AWSPENDING of a rotation that has ended: it is, or was, current. AWS's own rotation leaves the label
 * there. It has to go before AWSCURRENT moves on: a version with nothing else would look like a rotation under way, to
 * this tool as to AWS (docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 * @param stages labels by version id
 */
export function endedPending(stages: Record<string, string[]>): string | undefined {
  const pending = versionUnder(stages, 'AWSPENDING');
  const labels = pending === undefined ? [] : (stages[pending] ?? []);
  return labels.includes('AWSCURRENT') || labels.includes('AWSPREVIOUS') ? pending : undefined;
}

/** Says that somebody else rotates a secret, too. */
export function otherRotation(secretId: string, versionId: string): Failure {
  return new Failure(
    'secret-rotated-by-others',
    `Secret ${secretId} has version ${versionId} under AWSPENDING, which this tool did not make: somebody else may be rotating it, and two rotations of one secret lose passwords. ` +
      `When nobody is, run aws secretsmanager update-secret-version-stage --secret-id ${secretId} --version-stage AWSPENDING --remove-from-version-id ${versionId}, and run again.`,
  );
}
