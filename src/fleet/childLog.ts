import { z } from 'zod';
import { exitCodes } from '../base/failure';
import { parseJson, valueIfOf } from '../base/stored';
import { outcomeOfCode } from '../rotation/ends';
import { kindSchema, placeSchema, stepSchema } from '../rotation/storedPlan';
import type { MemberResult } from './outcome';

const plan = { kind: kindSchema, from: placeSchema, to: placeSchema };

/** Lines of `--log-json`, of which docs/json.md tells, as far as a fleet looks into them. */
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('planned') }),
  z.object({ type: z.literal('step-started'), step: stepSchema }),
  z.object({ type: z.literal('rolling-back'), message: z.string() }),
  z.object({
    type: z.literal('preview'),
    ...plan,
    resumed: z.boolean(),
    problems: z.array(z.string()),
    notDue: z.nullable(z.string()),
  }),
  z.object({
    type: z.literal('result'),
    outcome: z.string(),
    message: z.string(),
    rotation: z.exactOptional(z.string()),
    kind: z.exactOptional(kindSchema),
    from: z.exactOptional(placeSchema),
    to: z.exactOptional(placeSchema),
  }),
]);

/** One line of a process's log that says something to the fleet. */
export type LogLine = z.infer<typeof lineSchema>;

/** Reads a line that the command wrote with `--log-json`; undefined for any other. */
export function readLogLine(text: string): LogLine | undefined {
  return valueIfOf(lineSchema, readJson(text));
}

/** What a line of JSON holds; undefined when it is none. */
export function readJson(text: string): unknown {
  return text.startsWith('{') ? parseJson(text) : undefined;
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
