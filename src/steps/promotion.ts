import { endedPending } from '../aws/adminPendingId';
import { Failure } from '../base/failure';
import { versionUnder } from '../rotation/labels';
import { secretsManager } from '../target/clients';
import type { WorldContext } from '../target/context';
import type { ResourceLogic } from './logic';
import { isUnknown } from './logic';
import { guardedEffect } from './adminSession';

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
export const promotion: ResourceLogic = {
  // Somebody may have moved the label back since.
  async diff(_olds, news) {
    const inputs = news as unknown as PromotionInputs;
    if (isUnknown(inputs.to) || isUnknown(inputs.later)) return true;
    return !isPast(inputs, await currentOf(inputs));
  },
  async apply(properties) {
    const inputs = properties as unknown as PromotionInputs;
    await promote(inputs);
    return { from: inputs.from, to: inputs.to };
  },
};

async function stagesOf({ context, secretArn }: PromotionInputs): Promise<Record<string, string[]>> {
  const { stages } = await secretsManager(context).describe(secretArn);
  return stages;
}

async function currentOf(inputs: PromotionInputs): Promise<string | undefined> {
  return versionUnder(await stagesOf(inputs), 'AWSCURRENT');
}

/** The state may be older than the world: of a run that was paused, or restored from a bucket's versions. */
function isPast({ to, later }: PromotionInputs, current: string | undefined): boolean {
  return current === to || (later !== undefined && current === later);
}

async function promote(inputs: PromotionInputs): Promise<void> {
  const { context, secretArn, from, to, what } = inputs;
  const secrets = secretsManager(context);
  const current = (): Promise<string | undefined> => currentOf(inputs);
  const stages = await stagesOf(inputs);
  if (isPast(inputs, versionUnder(stages, 'AWSCURRENT'))) return;
  const ended = endedPending(stages);
  try {
    if (ended !== undefined)
      await guardedEffect('slot secret: remove AWSPENDING', () =>
        secrets.moveStage(secretArn, 'AWSPENDING', ended),
      );
    await guardedEffect(`slot secret: ${what}`, () => secrets.moveStage(secretArn, 'AWSCURRENT', from, to));
  } catch (error) {
    if (!(error instanceof Failure) || error.outcome !== 'before-switch') throw error;
    const found = await current();
    if (found === from || found === to) throw error;
    throw new Failure(
      'secret-changed-meanwhile',
      `${secretArn} was changed by someone else during this rotation (AWSCURRENT is version ${found ?? 'unknown'}); it was not overwritten. Compare its versions (aws secretsmanager list-secret-version-ids --secret-id ${secretArn}), make the one current that the database accepts, and run again.`,
      { cause: error },
    );
  }
}
