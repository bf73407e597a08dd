import type { StepNumber } from '../rotation/steps';
import { stepNumbers, stepTitles } from '../rotation/steps';
import type { StepStatus } from '../rotation/ends';

/** One step as the block shows it; times in ms of the same clock as `now`. */
export interface ShownStep {
  started?: number;
  status?: StepStatus;
  ms?: number;
  /** Text behind the title, such as the slot or the rollout's counts. */
  note?: string;
}

/** The steps that were begun, by number. */
export type ShownSteps = Map<StepNumber, ShownStep>;

const marks: Record<StepStatus, string> = { done: '✓', unchanged: '=', failed: '✗', 'not-reached': ' ' };
const colours: Record<StepStatus, string> = { done: '32', unchanged: '32', failed: '31', 'not-reached': '0' };
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** The eleven lines of the block, none longer than `columns`. Pure. */
export function blockLines(
  steps: ShownSteps,
  { now, columns, colour }: { now: number; columns: number; colour: boolean },
): string[] {
  return stepNumbers.map((number) => {
    const step = steps.get(number) ?? {};
    const running = step.status === undefined && step.started !== undefined;
    const mark = running
      ? (spinner[Math.floor(now / 100) % spinner.length] ?? '…')
      : marks[step.status ?? 'not-reached'];
    const ms = step.ms ?? (running ? now - (step.started ?? now) : undefined);
    const time = ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`.padStart(8);
    const note = step.note === undefined ? '' : ` … ${step.note}`;
    const left = `${mark} ${String(number).padStart(2)}/11 ${stepTitles[number]}${note}`;
    const width = Math.max(20, columns - 1 - time.length);
    const text = [...left].slice(0, width).join('').padEnd(Math.min(width, 68)) + time;
    if (!colour) return text;
    const code = running ? '36' : step.status === undefined ? '2' : colours[step.status];
    return `\u001b[${code}m${text}\u001b[0m`;
  });
}
