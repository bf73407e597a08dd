import type { Counts, MemberOutcome, MemberResult } from '../fleet/outcome';
import type { Place } from '../plan/rotationPlan';
import { durationText } from './duration';
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
    outcomeText(outcome),
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
  /** Everything that differs, is unfinished or cannot be read, one text each. */
  findings: string[];
  advice: string;
}

/** The status of a fleet as a table, then what is to be done. */
export function fleetStatusLines(statuses: readonly MemberStatus[]): string[] {
  const rows = statuses.map(({ name, outcome, slot, oldestSeconds, findings }) => [
    name,
    outcome === 'done' ? 'agrees' : outcome === 'drift' ? 'differs' : outcomeText(outcome),
    slot === null ? '–' : slot === 'other' ? 'neither' : slot,
    oldestSeconds === null ? '–' : durationText(oldestSeconds),
    findings.length === 0 ? 'none' : String(findings.length),
  ]);
  const well = statuses.filter(({ outcome }) => outcome === 'done').length;
  return [
    ...aligned([['deployment', 'status', 'slot', 'oldest password', 'findings'], ...rows], ''),
    ...statuses.flatMap(({ name, findings, advice }) => [
      ...findings.map((finding) => `✗ ${name}: ${finding}`),
      ...(findings.length === 0 ? [] : [`  ${name}, next: ${advice}`]),
    ]),
    `${well === statuses.length ? '✓' : '✗'} ${deploymentsText(statuses.length)}: ${well} agree.`,
  ];
}
