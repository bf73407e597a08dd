import type { Observation } from '../rotation/observation';
import { slots } from '../rotation/slot';
import type { SecretsManager } from '../aws/secretsManager';
import { partOf, valueOf } from '../base/part';
import { readAges, slotPasswords } from './status/passwordAge';

/**
 * Since when the slot secret has the younger of both slots' passwords: each rotation renews one of them, whichever is
 * live. Undefined where no version says it; the reading fails no run.
 */
export async function readRenewedAt(
  secrets: SecretsManager,
  { arn: secretId, ...current }: Observation['slotSecret'],
): Promise<Date | undefined> {
  const reading = secrets
    .describe(secretId)
    .then(({ stages }) =>
      readAges(secrets, { secretId, current, labelled: Object.keys(stages), passwordsOf: slotPasswords }),
    );
  const ages = valueOf(await partOf(reading)) ?? {};
  const times = slots.flatMap((slot) => ages[slot]?.since.getTime() ?? []);
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}
