import { exitCodes } from '../base/failure';
import type { Place, PlanKind } from '../rotation/rotationPlan';
import type { StepNumber } from '../rotation/steps';
import type { MemberResult } from './outcome';
import { outcomeOfCode } from '../rotation/ends';

/** One line of a process's log that says something to the fleet. */
export type LogLine =
  | { type: 'planned' }
  | { type: 'step-started'; step: StepNumber }
  | { type: 'rolling-back'; message: string }
  | {
      type: 'preview';
      kind: PlanKind;
      from: Place;
      to: Place;
      resumed: boolean;
      problems: string[];
      notDue: string | null;
    }
  | {
      type: 'result';
      outcome: string;
      message: string;
      rotation?: string;
      kind?: PlanKind;
      from?: Place;
      to?: Place;
    };

const types: readonly string[] = ['planned', 'step-started', 'rolling-back', 'preview', 'result'];

/** Reads a line that the command wrote with `--log-json`; undefined for any other. */
export function readLogLine(text: string): LogLine | undefined {
  const value = readJson(text);
  return typeof value?.['type'] === 'string' && types.includes(value['type'])
    ? (value as unknown as LogLine)
    : undefined;
}

/** The object of a line; undefined when it is none. */
export function readJson(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  seconds: number;
  log: string | null;
}

/** What came of a deployment: from the last line of its process, and from how that process ended. */
export function memberResult(name: string, lines: readonly LogLine[], end: ProcessEnd): MemberResult {
  const { code, signal, seconds, log } = end;
  const known = { name, exitCode: code, seconds, log };
  const none = { kind: null, from: null, to: null, slot: null, rotation: null };
  const result = lines.findLast((line) => line.type === 'result');
  const outcome = code === null ? undefined : outcomeOfCode(code);
  if (!result || outcome === undefined || result.outcome !== outcome) {
    const how = signal === null ? `with exit code ${code ?? '?'} and without a result` : `by ${signal}`;
    const message = `Its process was ended ${how}${stepText(lines)}; run the fleet again, it finishes what was begun.`;
    return { ...known, ...none, outcome: 'killed', message };
  }
  const { message, rotation = null, kind = null, from = null, to = null } = result;
  if (outcome === 'done' && kind === null)
    return { ...known, ...none, outcome: 'not-due', message, exitCode: exitCodes.done };
  const slot = outcome === 'done' ? to : outcome === 'rolled-back' ? from : null;
  return { ...known, outcome, kind, from, to, slot, rotation, message };
}

function stepText(lines: readonly LogLine[]): string {
  const step = lines.findLast((line) => line.type === 'step-started')?.step;
  return step === undefined ? '' : ` in step ${step}`;
}
