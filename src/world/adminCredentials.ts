import { Failure } from '../failure';
import type { JsonObject } from '../plan/secretDocument';
import { parseAdminDocument } from '../plan/secretDocument';
import type { DatabaseLogin } from '../plan/slot';
import type { DatabaseTrust, Session } from './database';
import { tryOpen } from './database';
import type { SecretsManager, SecretVersion } from './secretsManager';

/** AWS's staging labels in the order in which a login is tried. */
const stagesToTry = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const;

/** The admin login that the database accepts, and where it was found. */
export interface AdminCredentials {
  stage: (typeof stagesToTry)[number];
  version: SecretVersion;
  json: JsonObject;
  login: DatabaseLogin;
}

/** The database was asked and refuses every password of the admin secret. */
export class AdminRefused extends Failure {}

/** The admin's session, and the login that opened it. */
export interface AdminSession {
  credentials: AdminCredentials;
  session: Session;
}

/**
 * Opens a session with the admin login that works: current, then pending, then previous; at most three tries.
 * @throws AdminRefused (`permission`) when none works, Failure `configuration` when the secret is malformed.
 */
export async function openAdmin(
  secrets: SecretsManager,
  secretId: string,
  trust: DatabaseTrust,
): Promise<AdminSession> {
  const tried = new Set<string>();
  let username = 'the admin user';
  for (const stage of stagesToTry) {
    const version = await secrets.read(secretId, { stage });
    if (version === undefined || tried.has(version.versionId)) continue;
    tried.add(version.versionId);
    const checked = parseAdminDocument(version.text);
    if (!checked.ok) {
      if (stage !== 'AWSCURRENT') continue;
      throw new Failure(
        'configuration',
        `The admin secret ${secretId} is malformed: ${checked.problems.join('; ')}.`,
      );
    }
    const { json, login } = checked.value;
    username = login.username;
    const session = await tryOpen(login, trust);
    if (session) return { credentials: { stage, version, json, login }, session };
  }
  throw new AdminRefused(
    'permission',
    `The database refuses ${username} with every password in the admin secret ${secretId} (current, pending, previous); ` +
      "set the master user's password to the secret's current one and run again.",
  );
}

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
