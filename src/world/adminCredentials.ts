import { Failure } from '../failure';
import type { JsonObject } from '../plan/secretDocument';
import { parseAdminDocument } from '../plan/secretDocument';
import type { DatabaseLogin } from '../plan/slot';
import { pendingOfThisTool } from './adminPendingId';
import type { DatabaseTrust, Session } from './database';
import { tryOpen } from './database';
import { activateRoles } from './roles';
import type { SecretsManager, SecretVersion } from './secretsManager';

/** AWS's staging labels in the order in which a login is tried. */
const stagesToTry = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const;

/** Stands for the label that each rotation gives its own version: see `adminLabel`. */
const ownLabel = 'CREDENTIAL_ROTATION_ADMIN';

/** How many versions are tried that have no label of AWS: each wrong password counts for the server. */
const mostOwn = 3;

/** The admin login that the database accepts, and where it was found. */
export interface AdminCredentials {
  stage: (typeof stagesToTry)[number] | typeof ownLabel;
  version: SecretVersion;
  json: JsonObject;
  login: DatabaseLogin;
  /** For the next login of this run. */
  known: KnownVersion;
}

/**
 * Tells processes of the same run which version of the admin secret logged in, so that none tries a refused one again:
 * `<id of the version that works> <id of the version that was AWSCURRENT then>`. It holds no secret.
 */
export const adminVersionVariable = 'CREDENTIAL_ROTATION_ADMIN_VERSION';

/** The version that works, and the one that was AWSCURRENT when that was seen: with another one it says nothing. */
export interface KnownVersion {
  works: string;
  current: string;
}

/** For the environment of processes of the same run: see {@link adminVersionVariable}. */
export function announceVersion({ works, current }: KnownVersion): Record<string, string> {
  return { [adminVersionVariable]: `${works} ${current}` };
}

/** What the run that started this process knows; undefined outside of one. */
export function knownVersion(): KnownVersion | undefined {
  const [works = '', current = ''] = (process.env[adminVersionVariable] ?? '').split(' ');
  return works === '' || current === '' ? undefined : { works, current };
}

/** The database was asked and refuses every password of the admin secret. */
export class AdminRefused extends Failure {}

/** The admin's session, and the login that opened it. */
export interface AdminSession {
  credentials: AdminCredentials;
  session: Session;
}

/**
 * Opens a session with the admin login that works: current, then pending, then previous; at most three tries. Only where
 * all are refused, the versions are tried that rotations of this tool have pending under their own labels.
 * @param known a version that logged in before in this run; it is tried first
 * @throws AdminRefused (`permission`) when none works, Failure `configuration` when the secret is malformed.
 */
export async function openAdmin(
  secrets: SecretsManager,
  secretId: string,
  trust: DatabaseTrust,
  known = knownVersion(),
): Promise<AdminSession> {
  const tried = new Set<string>();
  const refused: Candidate[] = [];
  let current = '';
  let username = 'the admin user';
  const attempt = async ({ stage, version }: Candidate): Promise<AdminSession | undefined> => {
    const checked = parseAdminDocument(version.text);
    if (!checked.ok) {
      if (stage !== 'AWSCURRENT') return undefined;
      throw new Failure(
        'configuration',
        `The admin secret ${secretId} is malformed: ${checked.problems.join('; ')}.`,
      );
    }
    const { json, login } = checked.value;
    username = login.username;
    const session = await tryOpen(login, trust);
    try {
      if (session) await activateRoles(session);
    } catch (error) {
      await session?.close();
      throw error;
    }
    const found = { works: version.versionId, current };
    return session && { credentials: { stage, version, json, login, known: found }, session };
  };
  for (const stage of stagesToTry) {
    const version = await secrets.read(secretId, { stage });
    if (version === undefined || tried.has(version.versionId)) continue;
    tried.add(version.versionId);
    if (stage === 'AWSCURRENT') current = version.versionId;
    // Each wrong password counts for the server: one that was refused in this run is left for the end.
    if (known !== undefined && known.current === current && known.works !== version.versionId) {
      refused.push({ stage, version });
      continue;
    }
    const opened = await attempt({ stage, version });
    if (opened) return opened;
  }
  if (known !== undefined && known.current === current && !tried.has(known.works)) {
    tried.add(known.works);
    const version = await secrets.read(secretId, { versionId: known.works });
    const opened = version && (await attempt({ stage: ownLabel, version }));
    if (opened) return opened;
  }
  for (const candidate of refused) {
    const opened = await attempt(candidate);
    if (opened) return opened;
  }
  for (const version of await ownVersions(secrets, secretId, tried)) {
    const opened = await attempt({ stage: ownLabel, version });
    if (opened) return opened;
  }
  throw new AdminRefused(
    'permission',
    `The database refuses ${username} with every password in the admin secret ${secretId} (current, pending, previous); ` +
      "set the master user's password to the secret's current one and run again.",
  );
}

/** What rotations of this tool have pending, newest first, without what was tried. */
async function ownVersions(
  secrets: SecretsManager,
  secretId: string,
  tried: ReadonlySet<string>,
): Promise<SecretVersion[]> {
  const { stages } = await secrets.describe(secretId);
  const ids = pendingOfThisTool(stages).filter((id) => !tried.has(id));
  const versions = await Promise.all(
    ids.slice(0, mostOwn).map((versionId) => secrets.read(secretId, { versionId })),
  );
  return versions.filter((version) => version !== undefined);
}

/** A version under the first of the labels that it has. */
type Candidate = Pick<AdminCredentials, 'stage' | 'version'>;

/** The admin login that works, without a session. @throws as {@link openAdmin} */
export async function findAdminCredentials(
  secrets: SecretsManager,
  secretId: string,
  trust: DatabaseTrust,
): Promise<AdminCredentials> {
  const { credentials, session } = await openAdmin(secrets, secretId, trust);
  await session.close();
  return credentials;
}
