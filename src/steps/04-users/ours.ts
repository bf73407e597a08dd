import { isKnownToBeWrong, isTaken } from '../../mysql/database';
import { versionLabels } from '../../rotation/labels';
import { parseSlotDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { secretsManager } from '../../target/clients';
import type { WorldContext } from '../../target/context';

/** The versions of the slot secret that may have a slot's password: the current one, and those that a run has not promoted. */
const stages = ['AWSCURRENT', versionLabels.flipped, versionLabels.renewed] as const;

/** The password that one version of the slot secret has for a user of a slot; undefined where it names another user, or none. */
async function passwordUnder(
  stage: string,
  { context, slot, username }: { context: WorldContext; slot: Slot; username: string },
): Promise<string | undefined> {
  const version = await secretsManager(context).read(context.slotSecretId, { stage });
  const document = parseSlotDocument(version?.text ?? '');
  const entry = document.ok ? document.value.entries[slot] : undefined;
  return entry?.kind === 'complete' && entry.login.username === username ? entry.login.password : undefined;
}

/**
 * Whether an account is of our slot, whatever rights somebody gave it: a password of the slot secret lets it in. One that a
 * stopped run has set stands in a version of its own only.
 */
export async function isOfSlotSecret(
  context: WorldContext,
  slot: Slot,
  login: Omit<DatabaseLogin, 'password'>,
): Promise<boolean> {
  for (const stage of stages) {
    const password = await passwordUnder(stage, { context, slot, username: login.username });
    if (password === undefined) continue;
    // Several versions have the same one, and a try in vain counts.
    const asked = { ...login, password, dbname: '' };
    if (!(await isKnownToBeWrong(asked, context.trust)) && (await isTaken(asked, context.trust))) return true;
  }
  return false;
}

/** Whether the current slot secret has this very login, which then is ours. */
export async function hasLogin(context: WorldContext, slot: Slot, login: DatabaseLogin): Promise<boolean> {
  const { username, password } = login;
  return (await passwordUnder('AWSCURRENT', { context, slot, username })) === password;
}
