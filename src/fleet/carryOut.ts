import { errorCode } from '../base/errors';
import type { Child } from './child';
import { startChild } from './child';
import type { ProcessEnd } from './childLog';
import type { Member } from './member';
import type { Limits, Turn } from './schedule';
import { nextMove } from './schedule';

/** What a fleet does with each of its deployments. */
export interface Work<Result> {
  members: readonly Member[];
  /** Those that come first. */
  unfinished: ReadonlySet<string>;
  limits: Limits;
  environment: NodeJS.ProcessEnv;
  /** The command's own file, and the words after it. */
  command: (member: Member) => string[];
  logFile: (member: Member) => string;
  /** What came of it; from the lines that its process wrote. */
  resultOf: (member: Member, lines: string[], end: ProcessEnd) => Result;
  /** Whether this is a failure, after which a fleet may stop. */
  isFailure: (result: Result) => boolean;
  /** Must not throw. */
  tell: (news: WorkNews<Result>) => void;
  /** Aborted: nothing more begins, and every process is asked to stop. */
  signal: AbortSignal;
}

/** News of the work for those who show it. */
export type WorkNews<Result> =
  | { kind: 'started'; name: string }
  | { kind: 'line'; name: string; line: string }
  | { kind: 'ended'; name: string; result: Result };

/** Processes that run now, of any fleet. */
const running = new Set<Child>();

/** Ends every process of a fleet and all below them at once. */
export function killChildren(): void {
  for (const child of running) child.kill();
}

/**
 * Carries out the work, each deployment in a process of its own, and waits for all that were begun. Gives what came of
 * each; a name that is not in it was not begun. Never throws for what a process does.
 */
export async function carryOutAll<Result>(work: Work<Result>): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const turns = work.members.map(({ name, shared }): Turn => {
    return { name, shared, unfinished: work.unfinished.has(name), state: 'waiting' };
  });
  const wake = new Bell();
  const stopAll = (): void => {
    for (const child of running) child.stop();
    wake.ring();
  };
  work.signal.addEventListener('abort', stopAll);
  try {
    for (let lastStart: number | undefined; ;) {
      const now = performance.now();
      const move = nextMove(turns, work.limits, { now, lastStart, stopped: work.signal.aborted });
      if (move.kind === 'over') return results;
      if (move.kind === 'wait') {
        await wake.heard(move.ms);
        continue;
      }
      lastStart = now;
      const turn = turns.find(({ name }) => name === move.name);
      if (turn) void carryOutOne(work, turn, results).finally(() => wake.ring());
    }
  } finally {
    work.signal.removeEventListener('abort', stopAll);
  }
}

async function carryOutOne<Result>(
  work: Work<Result>,
  turn: Turn,
  results: Map<string, Result>,
): Promise<void> {
  const { name } = turn;
  const member = work.members.find((each) => each.name === name) as Member;
  turn.state = 'running';
  work.tell({ kind: 'started', name });
  const lines: string[] = [];
  const end = await runOne(work, member, (line) => {
    lines.push(line);
    work.tell({ kind: 'line', name, line });
  });
  const result = work.resultOf(member, lines, end);
  results.set(name, result);
  turn.state = work.isFailure(result) ? 'failed' : 'done';
  work.tell({ kind: 'ended', name, result });
}

/** A process that cannot even be started is a failure of this deployment alone. */
async function runOne<Result>(
  { command, logFile, environment, signal }: Work<Result>,
  member: Member,
  onLine: (line: string) => void,
): Promise<ProcessEnd> {
  const log = logFile(member);
  let child: Child;
  try {
    child = await startChild({ member, command: command(member), environment, log, onLine });
  } catch (error) {
    const message = `Its process cannot be started (${errorCode(error)}); see that ${log} and ${member.location.home} can be written.`;
    onLine(JSON.stringify({ type: 'result', outcome: 'configuration', message }));
    return { code: 2, signal: null, seconds: 0, log: null };
  }
  running.add(child);
  if (signal.aborted) child.stop();
  return child.ended.finally(() => running.delete(child));
}

/** Wakes one waiter; a ring that nobody heard is kept for the next one. */
class Bell {
  private rung = false;
  private waiter: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.waiter?.();
  }

  /** Resolves at the next ring, or after so many milliseconds. */
  async heard(ms?: number): Promise<void> {
    if (!this.rung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.waiter = resolve;
        if (ms !== undefined) timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    }
    this.waiter = undefined;
    this.rung = false;
  }
}
