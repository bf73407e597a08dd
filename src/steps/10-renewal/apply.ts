import { Failure } from '../../base/failure';
import type { WorldContext } from '../../target/context';
import { openSqlconf } from '../../openemr/openSqlconf';
import { assertIdle, beginToWatch, oldLoginGoneAt } from './idle';
import { proof } from '../logic';
import { liveUses } from '../adminSession';

/** Inputs of the idle proof, the first part of step 10. */
export interface IdleProofInputs {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  username: string;
  /** How long nobody may log in, in seconds. */
  graceSeconds: number;
  /** How long to wait for that, in seconds. */
  limitSeconds: number;
  /** How long after the switch the old login can still be read, in seconds; absent in states of older versions. */
  oldLoginSeconds?: number;
  /** The admin user, whose password is changed next: it is watched meanwhile. */
  alsoWatch?: string;
}

/** Step 10: nobody has logged in to the account that was left, or has a session, for the grace period. */
export const idleProof = proof<IdleProofInputs>(async (inputs) => {
  const { context, username, graceSeconds, limitSeconds, oldLoginSeconds, alsoWatch } = inputs;
  await assertNamedNowhere(context, username);
  if (alsoWatch !== undefined) await beginToWatch(context, alsoWatch);
  const notBefore = await oldLoginGoneAt(context, oldLoginSeconds ?? 0);
  const rules = { graceMs: graceSeconds * 1000, limitMs: limitSeconds * 1000, notBefore };
  const measured = await assertIdle(context, username, rules, 'its password was not renewed');
  return { username, graceSeconds, measured };
});

/**
 * A login that was put back after the switch is told at once: whoever reads it there would be waited for in vain.
 * @throws Failure `old-login-in-use` when the file, another site's or the Kubernetes Secret names the account
 */
async function assertNamedNowhere(context: WorldContext, username: string): Promise<void> {
  const { host, port } = (await openSqlconf(context)).login;
  const [use] = await liveUses(context, { username, host, port });
  if (use === undefined) return;
  throw new Failure(
    'old-login-in-use',
    `${username} is in use by ${use.where}; its password was not renewed. Find out who put it back there, and run again to finish.`,
  );
}
