import { Failure } from '../failure';

/** Begins the id of every version that a rotation makes of the admin secret. */
const prefix = 'credential-rotation-admin-password-';

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
  return versionId.startsWith(adminPendingId(rotation, 0));
}

/**
 * The version that somebody else has pending: under AWSPENDING, and neither current nor ours. AWS's own rotation leaves
 * that label on the version that it made current.
 * @param stages labels by version id
 */
export function pendingOfAnother(stages: Record<string, string[]>): string | undefined {
  return Object.keys(stages).find(
    (id) =>
      stages[id]?.includes('AWSPENDING') && !stages[id].includes('AWSCURRENT') && !id.startsWith(prefix),
  );
}

/** Says that somebody else rotates a secret, too. */
export function otherRotation(outcome: Failure['outcome'], secretId: string, versionId: string): Failure {
  return new Failure(
    outcome,
    `Secret ${secretId} has version ${versionId} under AWSPENDING, which this tool did not make: somebody else may be rotating it, and two rotations of one secret lose passwords. ` +
      `When nobody is, run aws secretsmanager update-secret-version-stage --secret-id ${secretId} --version-stage AWSPENDING --remove-from-version-id ${versionId}, and run again.`,
  );
}
