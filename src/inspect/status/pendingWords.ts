import type { LoginAnswer } from '../../mysql/database';
import type { AdminSecretFacts } from './facts';

/**
 * What becomes of a version that a rotation of this tool has pending: a rotation takes over what the database accepts,
 * leaves what it refuses to the run that stored it, and follows no other user than the current one.
 * @param answer what the database says of its login, where that is another user's
 * @returns what is the case and what fixes it, without any secret
 */
export function pendingWords(
  { id, login, otherPending }: AdminSecretFacts,
  versionId: string,
  label: string,
  answer: LoginAnswer | undefined,
): { text: string; mend: string } {
  const text = `Secret ${id} has a version under ${label} (${versionId})`;
  const command = `aws secretsmanager update-secret-version-stage --secret-id ${id} --version-stage ${label} --remove-from-version-id ${versionId}`;
  if (otherPending?.versionId !== versionId)
    return {
      text: `${text}: a rotation of it was started and not finished.`,
      mend:
        'Run credential-rotation: it takes over what the database accepts. Where the label stays, the database refuses that password: ' +
        `when no other OpenEMR's rotation with this secret is unfinished, take the label away (${command}).`,
    };
  const { username } = otherPending.login;
  const copy = `keep a copy of it where ${username} is still needed (aws secretsmanager get-secret-value --secret-id ${id} --version-id ${versionId})`;
  const said = {
    works: `The database takes its password, which no other version may have: ${copy}, then take the label away`,
    denied: `The database refuses that login: unless ${username} is only locked, take the label away`,
    unseen: `Whether the database takes its password was not seen: ${copy}, then take the label away`,
  };
  return {
    text: `${text}, which is of ${username}: a rotation stored it, and the secret names ${login.username} now.`,
    mend: `No rotation takes that version over. ${said[answer ?? 'unseen']} (${command}).`,
  };
}
