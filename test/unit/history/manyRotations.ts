import type { HistoryEntry } from '../../../src/history/entries';
import type { LoadCount, PastRotation } from '../../../src/history/pastRotation';
import { pastRotations } from '../../../src/history/rotations';
import type { PastSteps } from '../../../src/rotation/stepTimes';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import { entryOf, minutes, pastOf, planAt } from './made';

const twelveDays = 12 * 24 * 60;

/**
 * A history as a year of use could leave it: a bootstrap, then rotations each twelve days; of each ten one is rolled
 * back, one is held and finished by somebody else an hour later, and one is held by the last rotation of all.
 */
export function manyRotations(count: number): PastRotation[] {
  const entries: HistoryEntry[] = [];
  const loads = new Map<string, LoadCount>();
  let place: 'A' | 'B' | 'other' = 'other';
  let previous: PastSteps | undefined;
  for (let index = 0; index < count; index += 1) {
    const at = index * twelveDays;
    const to: 'A' | 'B' = place === 'A' ? 'B' : 'A';
    const plan: RotationPlan = {
      ...planAt(at),
      id: `20260105-020000-${String(1_000_000 + index)}`,
      kind: place === 'other' ? 'bootstrap' : 'rotate',
      from: place,
      to,
      renew: place === 'other' ? null : place,
      mint: place === 'other' ? ['A', 'B'] : [],
      ...(previous ? { previous } : {}),
    };
    if (index % 10 === 4) {
      previous = rolledBack(plan, at, entries, loads);
      continue;
    }
    const held = index % 10 === 7 || index === count - 1;
    if (held) entries.push(entryOf(plan, at, at + 1, false));
    if (index < count - 1)
      entries.push({
        ...entryOf(plan, at + (held ? 60 : 0), at + (held ? 61 : 1), true),
        by: 'root@openemr-credential-rotation-29401560-x7k2p',
      });
    previous = pastOf(plan, [2, 3, 4, 5, 6, 7, 8, 9, ...(held ? [] : [10, 11])]);
    place = to;
  }
  const last = entries.at(-1);
  return pastRotations(
    entries,
    last && previous ? { plan: last.plan, finished: false, past: previous } : undefined,
    { loads },
  );
}

function rolledBack(
  plan: RotationPlan,
  at: number,
  entries: HistoryEntry[],
  loads: Map<string, LoadCount>,
): PastSteps {
  const failed = {
    step: 8 as const,
    at: minutes(at + 0.8),
    message:
      'The health page http://openemr.openemr.svc.cluster.local:8080/interface/meta/health/readyz answers with HTTP 500.',
  };
  const back: RotationPlan = {
    ...plan,
    ...{
      id: `${plan.id}b`,
      kind: 'rollback',
      undoes: plan.id,
      from: plan.to,
      to: plan.from,
      startedAt: minutes(at + 0.9),
    },
    previous: { ...pastOf(plan, [2, 3, 4, 5, 6, 7]), failed },
  };
  entries.push(entryOf(plan, at, at + 0.9, false), entryOf(back, at + 0.9, at + 1.4, true));
  const failures = [
    { at: minutes(at + 0.2), kind: 'http-500' },
    { at: minutes(at + 0.3), kind: 'timeout' },
  ];
  loads.set(plan.id, { requests: 1200, failed: 2, failures });
  return pastOf(back, [5, 6, 7, 8]);
}
