import { parseAdminDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin } from '../../rotation/slot';
import { pendingOfThisTool } from '../../aws/adminPendingId';
import type { SecretsManager } from '../../aws/secretsManager';
import type { DatabaseTrust, LoginAnswer } from '../../mysql/database';
import { tryLogin } from '../../mysql/database';
import type { Part } from '../../base/part';
import { partOf, valueOf } from '../../base/part';
import type { AdminSecretFacts, OtherPending } from './facts';

/**
 * The newest version that a rotation of this tool has pending, where it names another user than the current one. One that
 * cannot be read is none.
 */
export async function readOtherPending(
  secrets: Pick<SecretsManager, 'read'>,
  secretId: string,
  stages: Record<string, string[]>,
  current: DatabaseLogin,
): Promise<OtherPending | undefined> {
  const [versionId] = pendingOfThisTool(stages);
  if (versionId === undefined) return undefined;
  const version = valueOf(await partOf(secrets.read(secretId, { versionId })));
  const document = parseAdminDocument(version?.text ?? '');
  if (!document.ok || document.value.login.username === current.username) return undefined;
  return { versionId, login: document.value.login };
}

/** What the database says of that login; undefined where there is none, it gives no answer, or it is another server. */
export async function askOtherPending(
  secret: Part<AdminSecretFacts>,
  trust: DatabaseTrust,
): Promise<LoginAnswer | undefined> {
  const { login: current, otherPending } = valueOf(secret) ?? {};
  if (current === undefined || otherPending === undefined) return undefined;
  const { login } = otherPending;
  const isHere = login.host.toLowerCase() === current.host.toLowerCase() && login.port === current.port;
  return isHere ? valueOf(await partOf(tryLogin({ ...login, dbname: '' }, trust))) : undefined;
}
