import type { HistoryEntry } from '../../../src/history/entries';
import type { PastSteps } from '../../../src/rotation/stepTimes';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import type { StepNumber } from '../../../src/rotation/steps';

const begin = Date.UTC(2026, 0, 5, 2, 0, 0);

/** ISO time so many minutes after the first of the made rotations. */
export function minutes(count: number): string {
  return new Date(begin + count * 60_000).toISOString();
}

/** A rotation from A to B that began so many minutes after the first one. */
export function planAt(count: number): RotationPlan {
  return {
    formatVersion: 1,
    id: `20260105-020000-${String(100_000 + count)}`,
    kind: 'rotate',
    from: 'A',
    to: 'B',
    mint: [],
    renew: 'A',
    startedAt: minutes(count),
    rotateAdmin: true,
    restartToken: 'token',
    slotSecretArn: 'arn:slots',
    slotSecretVersionId: 'version',
    adminSecretArn: 'arn:admin',
    adminUsername: 'admin',
    sqlconfSha256: 'hash',
    by: 'maria@laptop',
  };
}

/** An update of a plan, from and to so many minutes. */
export function entryOf(plan: RotationPlan, from: number, to: number, succeeded: boolean): HistoryEntry {
  return { plan, startedAt: minutes(from), endedAt: minutes(to), succeeded, by: plan.by };
}

/** Steps that ended, each a second after the one before. */
export function pastOf(plan: RotationPlan, steps: number[]): PastSteps {
  const ends = steps.map((step) => ({
    step: step as StepNumber,
    at: new Date(Date.parse(plan.startedAt) + step * 1000).toISOString(),
  }));
  return { id: plan.id, ends };
}
