/** Labels of our own, so that neither AWS's rotation nor a person takes a version of ours for theirs. */
export const versionLabels = {
  flipped: 'CREDENTIAL_ROTATION_FLIPPED',
  renewed: 'CREDENTIAL_ROTATION_RENEWED',
} as const;
