/** Labels of our own, so that neither AWS's rotation nor a person takes a version of ours for theirs. */
export const versionLabels = {
  flipped: 'CREDENTIAL_ROTATION_FLIPPED',
  renewed: 'CREDENTIAL_ROTATION_RENEWED',
} as const;

/** The id of the version that holds a label, of labels by version id; undefined where none does. */
export function versionUnder(stages: Record<string, string[]>, label: string): string | undefined {
  return Object.keys(stages).find((id) => stages[id]?.includes(label));
}
