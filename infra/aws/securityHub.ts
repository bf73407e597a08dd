/**
 * Checks of Security Hub that look at AWS's own rotation of a secret, which these secrets have none of: enabled, and
 * done lately (docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html).
 */
export const nativeRotationControls = ['SecretsManager.1', 'SecretsManager.4'] as const;

/** A tag of each secret that is made here: AWS Config sees it, and no label of a version. */
export const rotatedByTag = { 'rotated-by': 'openemr-credential-rotation' } as const;

/** Why the findings are suppressed, with where the proof is; a note has 512 characters. */
export function suppressionNote(evidence: string): string {
  return `Rotated by openemr-credential-rotation, which moves OpenEMR from one database user to the other; AWS's own rotation must stay off. Signed evidence of each rotation: ${evidence}`;
}
