import type { Place } from '../rotation/rotationPlan';
import type { Slot } from '../rotation/slot';
import { isFinished } from '../rotation/ends';
import type { PastRotation, PastStep } from './pastRotation';
import { cutOverStep } from '../rotation/steps';

/** A stretch of time; `to` is null when it lasts. */
export interface Period {
  from: string;
  to: string | null;
}

/** What the history says of slots and passwords over time. */
export interface SlotTimes {
  /** Where OpenEMR logged in. */
  active: (Period & { place: Place })[];
  /** Each password's life; the first one of an account began before the history, at an unknown time. */
  passwords: Record<Slot | 'admin', (Period & { known: boolean })[]>;
}

/** Puts rotations (in any order) on one line of time. Pure. */
export function slotTimes(rotations: PastRotation[]): SlotTimes {
  const inOrder = [...rotations].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  return { active: activePeriods(inOrder), passwords: passwordPeriods(inOrder) };
}

function activePeriods(rotations: PastRotation[]): SlotTimes['active'] {
  const periods: SlotTimes['active'] = [];
  for (const rotation of rotations) {
    const open = periods.at(-1);
    if (!open) periods.push({ place: rotation.from, from: rotation.startedAt, to: null });
    for (const { place, at } of switchesOf(rotation)) {
      const current = periods.at(-1);
      if (!current || current.place === place) continue;
      current.to = at;
      periods.push({ place, from: at, to: null });
    }
  }
  return periods;
}

/** PHP reads `sqlconf.php` on each request, so the cut-over is the moment of a switch; else the end of the run is all that is known. */
function switchesOf({
  from,
  to,
  result,
  steps,
  rollback,
  endedAt,
}: PastRotation): { place: Place; at: string }[] {
  const there = endOfStep(steps, cutOverStep) ?? (isFinished(result) ? endedAt : undefined);
  const back =
    rollback && (endOfStep(rollback.steps, cutOverStep) ?? (rollback.succeeded ? endedAt : undefined));
  return [
    ...(there === undefined || there === null ? [] : [{ place: to, at: there }]),
    ...(back === undefined || back === null ? [] : [{ place: from, at: back }]),
  ];
}

function endOfStep(steps: PastStep[] | null, number: number): string | undefined {
  const step = steps?.find((each) => each.number === number);
  return step?.status === 'done' ? step.endedAt : undefined;
}

function passwordPeriods(rotations: PastRotation[]): SlotTimes['passwords'] {
  const begin = rotations[0]?.startedAt;
  const first = (): (Period & { known: boolean })[] =>
    begin === undefined ? [] : [{ from: begin, to: null, known: false }];
  const passwords = { A: first(), B: first(), admin: first() };
  for (const { renewed } of rotations) {
    for (const { account, at } of renewed) {
      const current = passwords[account].at(-1);
      if (current) current.to = at;
      passwords[account].push({ from: at, to: null, known: true });
    }
  }
  return passwords;
}
