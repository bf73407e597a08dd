import { Failure } from '../failure';
import { versionUnder } from '../plan/labels';
import { secretsManager } from '../world/clients';
import type { WorldContext } from '../world/context';
import { act } from './logic';
import { asAdmin, guardedEffect } from './world';

/** Inputs of steps 9 and 10: which version of the slot secret becomes current. */
export interface PromotionInputs {
  context: WorldContext;
  secretArn: string;
  /** The only version that AWSCURRENT may be moved from. */
  from: string;
  to: string;
  /** A version of the same rotation that becomes current after this one: where it is current, this is long done. */
  later?: string;
  /** For the fault point's name: flip or renewal. */
  what: string;
}

/**
 * Moves AWSCURRENT by compare-and-swap: a version that someone else made current in between is never replaced. Only
 * the swap itself decides, since labels that are read can be older than the last move (aws/aws-sdk-js-v3#7701).
 */
export const promotion = act<PromotionInputs>(async ({ context, secretArn, from, to, later, what }) => {
  const secrets = secretsManager(context);
  await asAdmin(context, async (session) => {
    const current = async (): Promise<string | undefined> => {
      const { stages } = await secrets.describe(secretArn);
      return versionUnder(stages, 'AWSCURRENT');
    };
    const now = await current();
    // The state may be older than the world: a run that was paused, or restored from a bucket's versions.
    if (now === to || (later !== undefined && now === later)) return;
    try {
      await guardedEffect(`slot secret: ${what}`, { context, session }, () =>
        secrets.moveStage(secretArn, 'AWSCURRENT', from, to),
      );
    } catch (error) {
      if (!(error instanceof Failure) || error.outcome !== 'before-switch') throw error;
      const found = await current();
      if (found === from || found === to) throw error;
      throw new Failure(
        'held',
        `${secretArn} was changed by someone else during this rotation (AWSCURRENT is version ${found ?? 'unknown'}); it was not overwritten. Compare its versions (aws secretsmanager list-secret-version-ids --secret-id ${secretArn}), make the one current that the database accepts, and run again.`,
        { cause: error },
      );
    }
  });
  return { from, to };
});
