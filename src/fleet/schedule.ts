/** One deployment's turn in a fleet. */
export interface Turn {
  name: string;
  /** Turns that share a key are never under way at the same time: what they share has one writer. */
  shared: readonly string[];
  /** Something was begun there and not finished: its turn comes first. */
  unfinished: boolean;
  state: 'waiting' | 'running' | 'done' | 'failed';
}

/** How many rotations are under way at a time when nobody says it. */
export const usualConcurrency = 4;

/** How a fleet goes on. */
export interface Limits {
  /** Turns under way at the same time. */
  concurrency: number;
  /** Least time between two starts, in ms. */
  staggerMs: number;
  /** After a failure: begin nothing more, or go on with the others. */
  onFailure: 'stop' | 'continue';
}

/** What to do now. `wait` without a time: until a turn ends. */
export type Move = { kind: 'start'; name: string } | { kind: 'wait'; ms?: number } | { kind: 'over' };

/** When it is, in ms of one clock. */
export interface Moment {
  now: number;
  /** Undefined before the first start. */
  lastStart: number | undefined;
  /** True when nothing more shall begin. */
  stopped: boolean;
}

/** Decides what comes next. Pure: the same turns at the same moment give the same move. */
export function nextMove(turns: readonly Turn[], limits: Limits, moment: Moment): Move {
  const running = turns.filter(({ state }) => state === 'running');
  const waiting = turns.filter(({ state }) => state === 'waiting');
  const failed = turns.some(({ state }) => state === 'failed');
  const over = moment.stopped || waiting.length === 0 || (failed && limits.onFailure === 'stop');
  if (over) return running.length === 0 ? { kind: 'over' } : { kind: 'wait' };
  if (running.length >= limits.concurrency) return { kind: 'wait' };
  const next = inOrder(waiting).find((turn) => !running.some((other) => shareKey(turn, other)));
  if (next === undefined) return { kind: 'wait' };
  const ms = (moment.lastStart ?? -Infinity) + limits.staggerMs - moment.now;
  return ms > 0 ? { kind: 'wait', ms } : { kind: 'start', name: next.name };
}

function inOrder(waiting: readonly Turn[]): Turn[] {
  return [...waiting.filter(({ unfinished }) => unfinished), ...waiting.filter((turn) => !turn.unfinished)];
}

function shareKey(one: Turn, other: Turn): boolean {
  return one.shared.some((key) => other.shared.includes(key));
}
