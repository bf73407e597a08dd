import { versionLabels, versionUnder } from './labels';
import type { PlannedRotation, RotationPlan } from './rotationPlan';
import type { Slot } from './slot';
import { slots } from './slot';

/** How often a slot's password of this plan was made again. */
export function timesAgain({ again }: RotationPlan, slot: Slot): number {
  return again?.[slot] ?? 0;
}

/** How often passwords were made again that the document of the flip holds: all but the one that is renewed after it. */
export function timesAgainBeforeFlip(plan: RotationPlan): number {
  return sum(slots.filter((slot) => slot !== plan.renew).map((slot) => timesAgain(plan, slot)));
}

/** How often passwords were made again that the document of the renewal holds. */
export function timesAgainInAll(plan: RotationPlan): number {
  return sum(slots.map((slot) => timesAgain(plan, slot)));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * The plan with another password for a slot whose pending one the database refused, and does not know. What is stored
 * under the plan's names before stays in the state; the new password gets names of its own, and is stored like the first.
 * @param stages labels of the slot secret by version id, as they are now
 * @returns undefined when somebody else made a version current meanwhile, or the plan makes no password
 */
export function withOtherPassword(
  { plan, material }: PlannedRotation,
  slot: Slot,
  stages: Record<string, string[]>,
): PlannedRotation | undefined {
  const current = versionUnder(stages, 'AWSCURRENT');
  const ownLabels: string[] = Object.values(versionLabels);
  const isOurs =
    current === plan.slotSecretVersionId || stages[current ?? '']?.some((label) => ownLabels.includes(label));
  if (plan.kind === 'rollback' || current === undefined || isOurs !== true) return undefined;
  const { username, host, port, dbname } = material.logins[slot];
  const account = { username, host, port, dbname };
  const isRenewed = slot === plan.renew;
  return {
    plan: {
      ...plan,
      againFrom: current,
      mint: isRenewed ? plan.mint : slots.filter((each) => each === slot || plan.mint.includes(each)),
      again: { ...plan.again, [slot]: timesAgain(plan, slot) + 1 },
    },
    material: isRenewed ? material : { ...material, logins: { ...material.logins, [slot]: account } },
  };
}
