import type { PastReason, PastRotation } from '../history/pastRotation';
import type { Place, PlanKind } from '../rotation/rotationPlan';
import { isFinished } from '../rotation/ends';
import { moves } from '../rotation/kinds';
import { durationText, timeText } from './duration';

/** A place that OpenEMR logs in from, in one word. */
export const placeText = (place: Place): string => (place === 'other' ? 'neither' : place);

const doneText: Partial<Record<PlanKind, string>> = {
  sync: 'users synced',
  'switch-back': 'moved back',
  rollback: 'rolled back',
};

/** How a rotation ended, in words. */
export function resultText(rotation: PastRotation): string {
  const last = lastStep(rotation);
  switch (rotation.result) {
    case 'done':
      return doneText[rotation.kind] ?? 'done';
    case 'rotated':
    case 'unfinished':
    case 'failed':
      return rotation.result;
    case 'rolled-back': {
      const step = rotation.failure?.step;
      return step === null || step === undefined ? 'rolled back' : `rolled back (step ${step} failed)`;
    }
    case 'held':
      return last === undefined ? 'held' : `held after step ${last}`;
    case 'before-switch':
      return 'failed before the switch';
  }
}

/** The last step that was done, where that is known. */
function lastStep({ steps }: PastRotation): number | undefined {
  return steps?.filter(({ status }) => status === 'done').at(-1)?.number;
}

/** Where OpenEMR moved. */
export function wayText({ kind, from, to }: PastRotation): string {
  return moves(kind) ? `${placeText(from)} → ${placeText(to)}` : '–';
}

/** How long it took; with the number of runs when it took more than one. */
export function tookText({ seconds, runs }: PastRotation): string {
  const took = seconds === null ? '–' : durationText(seconds);
  return runs.length > 1 ? `${took}, ${runs.length} runs` : took;
}

/** Why a run of it failed. */
export function reasonText({ step, message }: PastReason): string {
  return `${step === null ? '' : `Step ${step} failed. `}${message}`;
}

/** Why the newest rotation waits, or was undone; undefined when it did neither, or nobody knows. */
function newestReason([newest]: PastRotation[]): string | undefined {
  if (!newest || isFinished(newest.result)) return undefined;
  const reason = newest.rollback?.failure ?? newest.failure;
  return reason ? `${newest.id}: ${reasonText(reason)}` : undefined;
}

const headings = ['rotation', 'kind', 'from → to', 'started (UTC)', 'took', 'result', 'by'];

/** The history as a table, the newest rotation first. */
export function historyLines(rotations: PastRotation[], stack: string, limit: number | undefined): string[] {
  if (rotations.length === 0) return [`No rotation in stack ${stack} yet.`];
  const rows = rotations.map((each) => [
    each.id,
    each.kind,
    wayText(each),
    timeText(each.startedAt),
    tookText(each),
    resultText(each),
    each.by ?? '–',
  ]);
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const reason = newestReason(rotations);
  const more = limit !== undefined && rotations.length === limit;
  return [
    ...lines,
    ...(more ? [`The last ${limit}; --limit shows more.`] : []),
    ...(reason === undefined ? [] : ['', reason]),
  ];
}
