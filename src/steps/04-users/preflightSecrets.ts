import { Failure } from '../../base/failure';
import { versionUnder } from '../../rotation/labels';
import { otherRotation, pendingOfAnother } from '../../aws/adminPendingId';
import type { SecretsManager } from '../../aws/secretsManager';

/** How the writes are looked at. */
export interface SecretWish {
  /** The admin secret's pending version, where that one logs in and the current one does not. */
  healed?: string | undefined;
  /** No write is asked for: only what the secrets say of themselves is looked at. */
  readsOnly?: boolean;
}

/**
 * What would stop the writes to these secrets; each problem is one sentence with what to do. It asks by requests that
 * Secrets Manager checks for the right and then refuses, so that nothing can change: see `refusedPut` and `refusedMove`.
 * @throws Failure when Secrets Manager does not answer, which is no problem of rights
 */
export async function secretProblems(
  secrets: SecretsManager,
  secretIds: readonly string[],
  wish: SecretWish = {},
): Promise<Failure[]> {
  const problems = await Promise.all(secretIds.map((secretId) => problemsOf(secrets, secretId, wish)));
  return problems.flat();
}

async function problemsOf(
  secrets: SecretsManager,
  secretId: string,
  { healed, readsOnly }: SecretWish,
): Promise<Failure[]> {
  const { stages } = await secrets.describe(secretId);
  const current = versionUnder(stages, 'AWSCURRENT');
  if (current === undefined)
    throw new Failure('secret-no-current', `Secret ${secretId} has no AWSCURRENT version; store one in it.`);
  const asking =
    readsOnly === true ? [] : [secrets.refusedPut(secretId, current), secrets.refusedMove(secretId, current)];
  const refusals = await Promise.all(asking);
  const found = refusals.filter((refusal) => refusal !== undefined);
  const other = found.find(({ outcome }) => outcome !== 'permission');
  if (other) throw other;
  const pending = pendingOfAnother(stages);
  if (pending === undefined || pending === healed) return found;
  return [...found, otherRotation(secretId, pending)];
}
