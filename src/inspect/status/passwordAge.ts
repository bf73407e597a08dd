import { parseAdminDocument, parseSlotDocument } from '../../rotation/secretDocument';
import type { Slot } from '../../rotation/slot';
import type { ListedVersion, SecretsManager } from '../../aws/secretsManager';

/** Since when a secret has held its password. */
export interface PasswordAge {
  since: Date;
  /** False when no version without it could be seen: then the password is at least so old. */
  exact: boolean;
}

/** A version of a secret with the passwords in it, by account; undefined where it has none. */
export interface VersionPasswords {
  createdAt: Date;
  passwords: Record<string, string | undefined>;
}

/** Versions that are read at most to find the first one with the password: two of each of four rotations. */
const mostVersions = 8;

/**
 * Since when each password of the current version has stood in the secret. Pure.
 * @param older versions made before the current one
 */
export function passwordAges(
  current: VersionPasswords,
  older: readonly VersionPasswords[],
): Record<string, PasswordAge> {
  const ages: Record<string, PasswordAge> = {};
  for (const [account, password] of Object.entries(current.passwords)) {
    if (password === undefined) continue;
    const same = older.filter(({ passwords }) => passwords[account] === password);
    const first = Math.min(...[current, ...same].map(({ createdAt }) => createdAt.getTime()));
    const other = older.some(
      ({ createdAt, passwords }) => passwords[account] !== password && createdAt.getTime() <= first,
    );
    ages[account] = { since: new Date(first), exact: other };
  }
  return ages;
}

/** The newest versions beside the current one: those are read. */
export function versionsToRead(currentId: string, known: readonly ListedVersion[]): string[] {
  const others = known.filter(({ versionId }) => versionId !== currentId);
  others.sort((one, two) => (two.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0));
  return others.slice(0, mostVersions).map(({ versionId }) => versionId);
}

/** The slots' passwords in the text of a slot secret; empty when it is malformed. */
export function slotPasswords(text: string): Record<Slot, string | undefined> {
  const document = parseSlotDocument(text);
  const password = (slot: Slot): string | undefined => {
    if (!document.ok) return undefined;
    const entry = document.value.entries[slot];
    return entry.kind === 'complete' ? entry.login.password : undefined;
  };
  return { A: password('A'), B: password('B') };
}

/** The password in the text of an admin secret. */
export function adminPassword(text: string): { admin: string | undefined } {
  const document = parseAdminDocument(text);
  return { admin: document.ok ? document.value.login.password : undefined };
}

/** What the ages of one secret are read from. */
export interface AgeSource {
  secretId: string;
  current: { versionId: string; createdAt?: Date; text: string };
  /** Version ids with a label: all that is known where listing is refused. */
  labelled: string[];
  passwordsOf: (text: string) => Record<string, string | undefined>;
}

/** Reads older versions of a secret for the ages of its passwords. */
export async function readAges(
  secrets: SecretsManager,
  { secretId, current, labelled, passwordsOf }: AgeSource,
): Promise<Record<string, PasswordAge>> {
  const { createdAt } = current;
  if (createdAt === undefined) return {};
  const listed = await secrets.list(secretId);
  const known = listed ?? labelled.map((versionId) => ({ versionId, createdAt: undefined, stages: [] }));
  const wanted = versionsToRead(current.versionId, known);
  const read = await Promise.all(wanted.map((versionId) => secrets.read(secretId, { versionId })));
  const older = read.flatMap((version) =>
    version?.createdAt === undefined || version.createdAt > createdAt
      ? []
      : [{ createdAt: version.createdAt, passwords: passwordsOf(version.text) }],
  );
  return passwordAges({ createdAt, passwords: passwordsOf(current.text) }, older);
}
