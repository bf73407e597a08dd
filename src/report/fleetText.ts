import type { Counts, MemberResult } from '../fleet/outcome';
import type { Standings } from '../fleet/standing';
import type { RotationReport } from '../inspect/status/report';
import { goesBack } from '../rotation/kinds';
import type { Place } from '../rotation/rotationPlan';
import type { MemberOutcome, RotationEnd, Standing } from '../rotation/ends';
import { durationText, timeText } from './duration';
import { aligned } from './table';

const words: Partial<Record<MemberOutcome, string>> = {
  done: 'rotated',
  'not-due': 'not due',
  'rolled-back': 'rolled back',
  'not-started': 'not started',
  'before-switch': 'failed before the switch',
  permission: 'right missing',
};

/** An outcome in words for a table. */
export function outcomeText(outcome: MemberOutcome): string {
  return words[outcome] ?? outcome;
}

/** A way between two places; a dash where there is none. */
export function wayText(from: Place | null, to: Place | null): string {
  const text = (place: Place | null): string => (place === 'other' ? 'neither' : (place ?? '?'));
  return from === null && to === null ? '–' : `${text(from)}→${text(to)}`;
}

/** The report of a fleet run: a table of all, then what is not well, and what to do. */
export function fleetRunLines(results: readonly MemberResult[], counts: Counts): string[] {
  const rows = results.map(({ name, outcome, exitCode, seconds, kind, from, to, slot }) => [
    name,
    outcome === 'done' && kind !== null && goesBack(kind) ? 'went back' : outcomeText(outcome),
    exitCode === null ? '–' : String(exitCode),
    seconds === null ? '–' : durationText(seconds),
    kind === null ? '–' : `${kind} ${wayText(from, to)}`,
    slot === null ? '–' : slot === 'other' ? 'neither' : slot,
  ]);
  const troubled = results.filter(({ outcome }) => !['done', 'not-due', 'not-started'].includes(outcome));
  return [
    ...aligned([['deployment', 'outcome', 'exit', 'took', 'kind', 'slot now'], ...rows], ''),
    ...troubled.flatMap(({ name, message, log }) => [
      `✗ ${name}: ${message}`,
      ...(log === null ? [] : [`  log: ${log}`]),
    ]),
    countsText(counts),
  ];
}

/** So many deployments. */
export function deploymentsText(count: number): string {
  return `${count} deployment${count === 1 ? '' : 's'}`;
}

/** The counts in one line; what there is none of is left out. */
export function countsText({ all, done, notDue, rolledBack, held, failed, notStarted }: Counts): string {
  const parts: [number, string][] = [
    [done, 'rotated'],
    [notDue, 'not due'],
    [rolledBack, 'rolled back'],
    [held, 'held'],
    [failed, 'failed'],
    [notStarted, 'not started'],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${done + notDue === all ? '✓' : '✗'} ${deploymentsText(all)}: ${told.join(', ')}.`;
}

/** One line of a plan of a fleet. */
export interface PlannedMember {
  name: string;
  outcome: MemberOutcome;
  exitCode: number | null;
  kind: string | null;
  from: Place | null;
  to: Place | null;
  resumed: boolean;
  /** Null when that cannot be told. */
  due: boolean | null;
  problems: string[];
}

/** The plan of a fleet as a table, then every problem. */
export function fleetPlanLines(planned: readonly PlannedMember[]): string[] {
  const rows = planned.map(({ name, kind, from, to, resumed, due, problems }) => [
    name,
    kind === null ? '–' : `${resumed ? 'finish ' : ''}${kind}`,
    wayText(from, to),
    due === null ? '–' : due ? 'due' : 'not due',
    problems.length === 0 ? 'none' : String(problems.length),
  ]);
  const due = planned.filter((each) => each.due === true && each.problems.length === 0).length;
  const stuck = planned.filter(({ problems }) => problems.length > 0).length;
  return [
    ...aligned([['deployment', 'kind', 'from→to', 'due', 'problems'], ...rows], ''),
    ...planned.flatMap(({ name, problems }) => problems.map((problem) => `✗ ${name}: ${problem}`)),
    `${stuck === 0 ? '✓' : '✗'} ${deploymentsText(planned.length)}: ${due} would be rotated, ${stuck} with problems. Nothing was changed.`,
  ];
}

/** One line of the status of a fleet. */
export interface MemberStatus {
  name: string;
  outcome: MemberOutcome;
  exitCode: number | null;
  slot: Place | null;
  /** Age of the oldest password of the three, in seconds. */
  oldestSeconds: number | null;
  /** The last one that its state knows. */
  lastRotation: Pick<RotationReport, 'id' | 'kind' | 'end' | 'startedAt' | 'endedAt'> | null;
  /** What it came to since a time that was asked for; null when none was, or its state cannot be read. */
  standing: Standing | null;
  /** Everything that differs, is unfinished or cannot be read, one text each. */
  findings: string[];
  advice: string;
}

/** What a report of a run says on top: since when, and how many came to what. */
export interface RunReport {
  since: string;
  counts: Standings;
}

/** The status of a fleet as a table, then what is to be done; with a run's begin also what the run came to. */
export function fleetStatusLines(statuses: readonly MemberStatus[], run?: RunReport): string[] {
  const rows = statuses.map(({ name, outcome, slot, oldestSeconds, findings, lastRotation, standing }) => [
    name,
    outcome === 'done' ? 'agrees' : outcome === 'drift' ? 'differs' : outcomeText(outcome),
    slot === null ? '–' : slot === 'other' ? 'neither' : slot,
    lastText(lastRotation),
    ...(run ? [standing === null ? '–' : standingWords[standing]] : []),
    oldestSeconds === null ? '–' : durationText(oldestSeconds),
    findings.length === 0 ? 'none' : String(findings.length),
  ]);
  const heads = ['deployment', 'status', 'slot', 'last rotation', ...(run ? ['this run'] : [])];
  const well = statuses.filter(({ outcome }) => outcome === 'done').length;
  return [
    ...aligned([[...heads, 'oldest password', 'findings'], ...rows], ''),
    ...statuses.flatMap(({ name, findings, advice }) => [
      ...findings.map((finding) => `✗ ${name}: ${finding}`),
      ...(findings.length === 0 ? [] : [`  ${name}, next: ${advice}`]),
    ]),
    ...(run ? [runText(run)] : []),
    `${well === statuses.length ? '✓' : '✗'} ${deploymentsText(statuses.length)}: ${well} agree.`,
  ];
}

const endWords: Record<RotationEnd, string> = {
  done: 'done',
  'rolled-back': 'rolled back',
  unfinished: 'not finished, begun',
  'given-up': 'abandoned, begun',
};

/** What a deployment came to, for people. */
export const standingWords: Record<Standing, string> = {
  rotated: 'rotated',
  'rolled-back': 'rolled back',
  unfinished: 'not finished',
  'not-due': 'not due',
  'not-rotated': 'not rotated',
};

function lastText(last: MemberStatus['lastRotation']): string {
  if (last === null) return '–';
  const { kind, end, startedAt, endedAt } = last;
  const what = end === 'done' ? `${kind} done` : endWords[end];
  return `${what} ${timeText(endedAt ?? startedAt)}`;
}

/** The counts of a run in one line; what there is none of is left out. */
function runText({ since, counts }: RunReport): string {
  const { all, rotated, rolledBack, unfinished, notDue, notRotated } = counts;
  const parts: [number, string][] = [
    [rotated, standingWords.rotated],
    [notDue, standingWords['not-due']],
    [rolledBack, standingWords['rolled-back']],
    [unfinished, standingWords.unfinished],
    [notRotated, standingWords['not-rotated']],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${rotated + notDue === all ? '✓' : '✗'} Since ${timeText(since)} UTC: ${told.join(', ')}.`;
}
