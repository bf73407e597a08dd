import { partOf, valueOf } from '../base/part';
import type { PasswordAge } from '../inspect/status/passwordAge';
import { adminPassword, readAges, slotPasswords } from '../inspect/status/passwordAge';
import type { WorldContext } from '../target/context';
import { SecretsManager } from '../aws/secretsManager';
import type { Account } from './endedRun';

/** Since when the secrets have held their passwords, as far as that could be read. */
export type KnownAges = Partial<Record<Account, PasswordAge>>;

/** The run has ended, and somebody waits for its exit code. */
const limits = { connectMs: 1000, requestMs: 2000, callMs: 2500 };

/** Reads the ages of all three passwords, as `status` does; a secret that cannot be read has none. Never throws. */
export async function readPasswordAges({
  region,
  slotSecretId,
  adminSecretId,
}: WorldContext): Promise<KnownAges> {
  const secrets = new SecretsManager(region, limits);
  const agesIn = async (
    secretId: string,
    passwordsOf: (text: string) => Record<string, string | undefined>,
  ): Promise<KnownAges> => {
    const [current, { stages }] = await Promise.all([
      secrets.read(secretId, { stage: 'AWSCURRENT' }),
      secrets.describe(secretId),
    ]);
    if (current === undefined) return {};
    return readAges(secrets, { secretId, current, labelled: Object.keys(stages), passwordsOf });
  };
  const [slots, admin] = await Promise.all([
    partOf(agesIn(slotSecretId, slotPasswords)),
    partOf(agesIn(adminSecretId, adminPassword)),
  ]);
  return { ...valueOf(slots), ...valueOf(admin) };
}
