import type { Outcome } from '../base/failure';
import { exitCodes } from '../base/failure';
import type { PlanKind } from './kinds';
import { moves } from './kinds';
import type { StepNumber } from './steps';
import { cutOverStep } from './steps';

/*
 * Every word for how something ended, and how the words follow from each other. Each word is a public contract (JSON,
 * labels, Event reasons): texts for people are made from them in src/report/.
 */

/** What became of one step. */
export type StepStatus = 'done' | 'unchanged' | 'failed' | 'not-reached';

/** What a run came to, for those who are told. */
export type Verdict = 'rotated' | 'rolled-back' | 'held' | 'failed';

/**
 * How a rotation ended, as far as the history and the state say. `done`: a sync, or a way back that was asked for.
 * `held`: stopped after the switch; `before-switch`: before it; `failed`: nobody knows where. `unfinished`: the run was
 * killed, or is under way.
 */
export type PastResult =
  'rotated' | 'done' | 'rolled-back' | 'held' | 'before-switch' | 'failed' | 'unfinished';

/** How the last rotation stands; `given-up`: not finished, and the world has moved on, so that no run will finish it. */
export type RotationEnd = 'done' | 'rolled-back' | 'unfinished' | 'given-up';

/**
 * How one deployment of a fleet ended: an outcome of the command, or `not-due`, `not-started` (the fleet was stopped
 * before its turn), `killed` (its process was ended from outside, or gave no result).
 */
export type MemberOutcome = Outcome | 'not-due' | 'not-started' | 'killed';

/**
 * What a deployment came to in a run of the fleet: its last rotation, seen from when the run began. `not-rotated`: its
 * own state has no rotation since then, because it was not reached, or refused before the switch.
 */
export type Standing = 'rotated' | 'rolled-back' | 'unfinished' | 'not-due' | 'not-rotated';

interface EndFacts {
  /** What a run of a rotation came to with it. */
  verdict: Verdict;
  /** How urgent it is in a fleet, the most urgent first; 0 is nothing to do. */
  urgency: number;
  /** OpenEMR was not moved by the run, unless it took up an earlier one. */
  nothingSwitched: boolean;
  /** A run can end with it. */
  happens: boolean;
}

const end = (verdict: Verdict, urgency: number, nothingSwitched = false, happens = true): EndFacts => ({
  verdict,
  urgency,
  nothingSwitched,
  happens,
});

const ends: Record<Outcome, EndFacts> = {
  held: end('held', 10),
  'rolled-back': end('rolled-back', 9),
  unexpected: end('failed', 8),
  'before-switch': end('failed', 7, true),
  permission: end('failed', 6, true),
  configuration: end('failed', 5, true),
  timeout: end('failed', 4, false, false),
  drift: end('failed', 3),
  locked: end('failed', 2, true),
  cancelled: end('failed', 1),
  done: end('rotated', 0),
};

/** All outcomes, in the order of their exit codes. */
export const outcomes = Object.keys(exitCodes) as Outcome[];

/** The outcomes beside `done` that a run can have. */
export const failedOutcomes = outcomes.filter((outcome) => outcome !== 'done' && ends[outcome].happens);

/** The outcome that an exit code stands for; undefined for a code that is none of ours. */
export function outcomeOfCode(code: number): Outcome | undefined {
  return outcomes.find((outcome) => exitCodes[outcome] === code);
}

/** The verdict on a run; one that finished the rollback of an earlier run is a rollback, whatever its exit code. */
export function verdictOfEnd(outcome: Outcome, kind: PlanKind | undefined): Verdict {
  return outcome === 'done' && kind === 'rollback' ? 'rolled-back' : ends[outcome].verdict;
}

/** What a run ended with. */
export interface RunEnd {
  outcome: Outcome;
  planned?: { plan: { kind: PlanKind } };
  steps: readonly { number: StepNumber; status: StepStatus }[];
}

/** Whether a run was stopped by a signal when it had begun to move OpenEMR, or found it moved. */
export function isLeftMoved({ outcome, planned, steps }: RunEnd): boolean {
  if (outcome !== 'cancelled' || planned === undefined || !moves(planned.plan.kind)) return false;
  return steps.some(({ number, status }) => number >= cutOverStep && status !== 'not-reached');
}

/**
 * The verdict on a run; one that finished the rollback of an earlier run is a rollback, whatever its exit code, and one that
 * was stopped behind the begin of the switch is held: the next run has to finish it.
 */
export function verdictOfRun(run: RunEnd): Verdict {
  return isLeftMoved(run) ? 'held' : verdictOfEnd(run.outcome, run.planned?.plan.kind);
}

/** True for an end of a new rotation that left OpenEMR where it was. */
export function leftAsItWas(outcome: Outcome): boolean {
  return ends[outcome].nothingSwitched;
}

/** The most urgent outcome of many; undefined of none. */
export function mostUrgent(found: readonly Outcome[]): Outcome | undefined {
  return [...found].sort((one, other) => ends[other].urgency - ends[one].urgency)[0];
}

/** The reasons of our Kubernetes Events; alerts are made on them, so they never change. */
export const eventReasons: Record<Verdict, string> = {
  rotated: 'CredentialsRotated',
  'rolled-back': 'CredentialRotationRolledBack',
  held: 'CredentialRotationHeld',
  failed: 'CredentialRotationFailed',
};

const ofMembers: Record<Exclude<MemberOutcome, Outcome>, Outcome> = {
  'not-due': 'done',
  'not-started': 'cancelled',
  killed: 'unexpected',
};

/** The end of a deployment of a fleet as an outcome of the command. */
export function outcomeOfMember(outcome: MemberOutcome): Outcome {
  return outcome in exitCodes ? (outcome as Outcome) : ofMembers[outcome as Exclude<MemberOutcome, Outcome>];
}

const finished: Record<PastResult, boolean> = {
  rotated: true,
  done: true,
  'rolled-back': false,
  held: false,
  'before-switch': false,
  failed: false,
  unfinished: false,
};

/** True for a rotation that came to the end of its plan: nothing of it is left, or was undone. */
export function isFinished(result: PastResult): boolean {
  return finished[result];
}

/** How the last rotation stands that is finished. */
export function endOfFinished(kind: PlanKind): RotationEnd {
  return kind === 'rollback' ? 'rolled-back' : 'done';
}

/** True for a step that is as its plan wants it, by this run or an earlier one. */
export function isStepDone(status: StepStatus | undefined): boolean {
  return status === 'done' || status === 'unchanged';
}
