import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { parseJson, valueIfOf } from '../base/stored';
import type { StepNumber } from '../rotation/steps';
import { stepSchema } from '../rotation/storedPlan';
import { stepNumbers, stepTitles } from '../rotation/steps';
import { outcomeOfCode } from '../rotation/ends';
import type { ActionInputs } from './inputs';

const text = z.nullish(z.string());

/** A line of `--log-json`, as far as a report looks into it. */
const lineSchema = z.object({
  type: z.string(),
  rotation: text,
  kind: text,
  from: text,
  to: text,
  message: z.exactOptional(z.nullable(z.string())),
  outcome: text,
  step: z.exactOptional(z.nullable(stepSchema)),
  title: text,
  status: text,
  ms: z.exactOptional(z.number()),
  steps: z.exactOptional(
    z.array(z.object({ number: stepSchema, status: z.string(), ms: z.exactOptional(z.number()) })),
  ),
  changes: z.exactOptional(
    z.array(z.object({ name: z.string(), operation: z.string(), step: z.exactOptional(z.number()) })),
  ),
  problems: z.exactOptional(z.array(z.string())),
  differences: z.exactOptional(z.array(z.string())),
  notices: z.exactOptional(z.array(z.string())),
});

/** A line of `--log-json`, as far as a report looks into it. */
export type JsonLine = z.infer<typeof lineSchema>;

/** How the command ended. */
export interface CommandEnd {
  exitCode: number;
  /** All lines of stdout. */
  lines: string[];
}

/** Outputs of the action, by name. */
export type Outputs = Record<
  'outcome' | 'exit-code' | 'rotation' | 'kind' | 'from' | 'to' | 'message',
  string
>;

/** The characters that a comment may have, with room for what is around the report; GitHub's limit is 65,536. */
export const commentLimit = 64_000;
/** The bytes that a summary may have, with that room; GitHub's limit is 1 MiB. */
export const summaryLimit = 1_000_000;

/** A line of `--log-json`; undefined for any other text. */
export function parseLine(line: string): JsonLine | undefined {
  return valueIfOf(lineSchema, parseJson(line));
}

const marks: Record<string, string> = { done: '✓', unchanged: '=', failed: '✗', 'not-reached': ' ' };

function stepLine(number: StepNumber, status: string, ms?: number): string {
  const time = ms === undefined ? '' : ` (${(ms / 1000).toFixed(1)} s)`;
  return `${marks[status] ?? '…'} ${String(number).padStart(2)}/11 ${stepTitles[number]}${time}`;
}

/** The line as people read it in the log; undefined for what says nothing to them. */
export function logLine(line: string): string | undefined {
  const found = parseLine(line);
  if (found === undefined) return stripVTControlCharacters(line);
  const { type, step, status, ms, message } = found;
  if (type === 'planned') return `Plan ${found.rotation}: ${movement(found)}`;
  if (type === 'step-ended') return step ? stepLine(step, status ?? 'done', ms) : undefined;
  if (type === 'rolling-back') return `Step ${step ?? '?'} failed: ${message ?? ''} Rolling back.`;
  if (type === 'notice') return `Note: ${message}.`;
  if (type === 'result' || type === 'stopping') return message ?? undefined;
  return type === 'preview' ? previewLines(found).join('\n') : undefined;
}

function movement({ kind, from, to }: JsonLine): string {
  return `${kind}, from ${from === 'other' ? 'neither slot' : `slot ${from}`} to slot ${to}`;
}

function previewLines(preview: JsonLine): string[] {
  const { changes = [], differences = [], problems = [] } = preview;
  const operations: Record<string, string> = { create: '+', update: '~', replace: '±', delete: '-' };
  const steps = stepNumbers.map((number) => {
    const here = changes.filter(
      ({ step, operation, name }) => step === number && operation !== 'same' && name !== 'plan',
    );
    const names = here.map(
      ({ name, operation }) => `${operations[operation] ?? '~'} ${nameOf(name, preview)}`,
    );
    return `${String(number).padStart(2)}/11 ${stepTitles[number]}${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
  });
  return [
    `Would ${movement(preview)}`,
    ...steps,
    ...differences.map((line) => `      ${line}`),
    ...problems.map((problem) => `✗ ${problem}`),
  ];
}

/** Acts are named after their rotation, which says nothing here. */
function nameOf(name: string, { rotation = '' }: JsonLine): string {
  return rotation === '' ? name : name.replace(`-${rotation}`, '');
}

/** The outputs; what the command did not say is empty. */
export function outputsOf({ exitCode, lines }: CommandEnd): Outputs {
  const found = lines.map(parseLine).filter((line) => line !== undefined);
  const last = found.findLast(({ type }) => type === 'result');
  return {
    outcome: last?.outcome ?? outcomeOfCode(exitCode) ?? 'unexpected',
    'exit-code': String(exitCode),
    rotation: last?.rotation ?? '',
    kind: last?.kind ?? '',
    from: last?.from ?? '',
    to: last?.to ?? '',
    message: stripVTControlCharacters(last?.message ?? ''),
  };
}

/** The report as plain text, a line an element. */
export function reportLines({ lines }: CommandEnd): string[] {
  const found = lines.map(parseLine);
  const preview = found.find((line) => line?.type === 'preview');
  const result = found.findLast((line) => line?.type === 'result');
  const plain = lines.filter((_, index) => found[index] === undefined);
  const notices = found
    .flatMap((line) => (line?.type === 'notice' ? [line.message] : (line?.notices ?? [])))
    .map((notice) => `Note: ${notice}.`);
  const steps = (result?.steps ?? []).filter(({ status }) => status !== 'not-reached');
  const report = [
    ...plain,
    ...notices,
    ...(preview
      ? previewLines(preview)
      : steps.map(({ number, status, ms }) => stepLine(number, status, ms))),
    ...(typeof result?.message === 'string' ? [result.message] : []),
  ];
  return report.flatMap((line) => stripVTControlCharacters(line).split(/\r?\n/));
}

/** What marks the comment of a stack, so that the next run finds it. */
export function commentMarker({ command, stackName }: Pick<ActionInputs, 'command' | 'stackName'>): string {
  return `<!-- openemr-credential-rotation ${command} ${stackName} -->`;
}

/**
 * The report as Markdown within a limit. Its text stands in a fence that nothing in it can close: no name of a pod or
 * text of a server becomes a link, a mention or HTML.
 * @param size how much a text counts against the limit: characters for a comment, bytes for a summary
 */
export function markdown(
  inputs: Pick<ActionInputs, 'command' | 'stackName'>,
  outputs: Outputs,
  lines: readonly string[],
  { limit, size }: { limit: number; size: (text: string) => number },
): string {
  const mark = outputs.outcome === 'done' ? '✅' : '❌';
  const head = `### ${mark} credential-rotation ${inputs.command} on \`${inputs.stackName}\`: ${outputs.outcome} (exit ${outputs['exit-code']})`;
  const { kept, left } = withinLimit(lines, limit, size);
  const ticks = kept.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(Math.max(3, ...ticks.map((length) => length + 1)));
  const note = left === 0 ? [] : ['', `${left} more lines are in the log of the job.`];
  return [commentMarker(inputs), head, '', `${fence}text`, ...kept, fence, ...note].join('\n');
}

/** The lines from the first one on that fit. A line that alone is too long is cut off at its end. */
function withinLimit(
  lines: readonly string[],
  limit: number,
  size: (text: string) => number,
): { kept: string[]; left: number } {
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    const room = limit - used;
    if (size(line) + 1 > room) {
      const begin = cut(line, room - 2, size);
      if (begin !== '') kept.push(`${begin}…`);
      return { kept, left: lines.length - kept.length + (begin === '' ? 0 : 1) };
    }
    kept.push(line);
    used += size(line) + 1;
  }
  return { kept, left: 0 };
}

/** The longest beginning of a text that fits, in whole characters. */
function cut(text: string, room: number, size: (text: string) => number): string {
  let [low, high] = [0, Math.min(text.length, room)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    // Two more for the mark of the cut.
    if (size(text.slice(0, middle)) + 2 <= room) low = middle;
    else high = middle - 1;
  }
  // Not between the two halves of a character.
  return text.slice(0, low).replace(/[\ud800-\udbff]$/, '');
}
