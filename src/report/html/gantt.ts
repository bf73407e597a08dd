import type { PastStep } from '../../history/pastRotation';
import { stepTitles, cutOverStep } from '../../rotation/steps';
import { durationText, timeText } from '../duration';
import type { ChartLoad } from './chartLoad';
import type { Markup } from './markup';
import { markup, percent } from './markup';
import { roundScale } from './scale';

/** What one chart shows: the steps of one run. */
export interface Chart {
  /** ISO time at which it begins. */
  begin: string;
  steps: PastStep[];
  /** True for a way back: its steps undo. */
  back: boolean;
  load: ChartLoad | undefined;
}

/** The steps of a run as bars; a table, so that it also reads without seeing. */
export function gantt({ begin, steps, back, load }: Chart): Markup {
  const start = Date.parse(begin);
  const since = (iso: string): number => Date.parse(iso) - start;
  const worked = Math.max(100, ...steps.map(({ endedAt }) => (endedAt === undefined ? 0 : since(endedAt))));
  // A failure soon after the last step has its place on the axis; a later one stands at its end, with its time.
  const failures = (load?.failures ?? []).map(({ at }) => since(at)).filter((ms) => ms <= 2 * worked);
  const length = Math.max(worked, ...failures);
  const { part, parts } = roundScale(length);
  const scale = (iso: string): number => (Date.parse(iso) - start) / (part * parts);
  const cut = steps.find(({ number, status }) => number === cutOverStep && status === 'done')?.endedAt;
  return markup`<table class="gantt g${parts}">
    <thead>
      <tr>
        <th scope="col">step</th>
        <td class="chart">${axis(part, parts)}</td>
        <td class="took">took</td>
      </tr>
    </thead>
    <tbody>
      ${steps.map((step) => row(step, scale, cut, back))} ${load ? loadRow(load, scale, cut) : undefined}
    </tbody>
  </table>`;
}

function axis(part: number, parts: number): Markup {
  const labels = Array.from({ length: parts + 1 }, (_, index) => {
    const anchor = index === 0 ? 'start' : index === parts ? 'end' : 'middle';
    return markup`<text x="${percent(index / parts)}" y="12" text-anchor="${anchor}"
      >${unitText(part * index)}</text>`;
  });
  return markup`<svg height="16" aria-hidden="true">${labels}</svg>`;
}

function unitText(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return ms < 3_600_000
    ? `${Number((ms / 60_000).toFixed(1))} min`
    : `${Number((ms / 3_600_000).toFixed(1))} h`;
}

type Scale = (iso: string) => number;

const phases = { prepare: 4, switch: 8 };

function phaseOf({ number, status }: PastStep, back: boolean): string {
  if (status === 'failed') return 'bar-failed';
  if (back) return 'phase-back';
  if (number <= phases.prepare) return 'phase-prepare';
  return number <= phases.switch ? 'phase-switch' : 'phase-retire';
}

function row(step: PastStep, scale: Scale, cut: string | undefined, back: boolean): Markup {
  const { number, status, startedAt, endedAt, ms } = step;
  const drawn = startedAt !== undefined && endedAt !== undefined;
  const kind = status === 'failed' ? 'failed-step' : drawn ? '' : 'quiet';
  const took =
    ms === undefined ? wordOf(step) : `${durationText(ms / 1000)}${status === 'failed' ? ' ✗' : ''}`;
  const title = drawn ? `${timeText(startedAt)} to ${timeText(endedAt)}, ${status}` : '';
  const bar = drawn
    ? markup`<rect
        class="${phaseOf(step, back)}"
        x="${percent(scale(startedAt))}"
        width="${percent(Math.max(scale(endedAt) - scale(startedAt), 0.003))}"
        y="3"
        height="12"
        rx="2"
        ><title>${title}</title></rect>`
    : undefined;
  return markup`<tr class="${kind}">
    <th scope="row"><b>${number}</b>${stepTitles[number]}</th>
    <td class="chart"><svg height="18" aria-hidden="true">${bar}${cutLine(cut, scale, 18)}</svg></td>
    <td class="took">${took}</td>
  </tr> `;
}

function wordOf({ status }: PastStep): string {
  return status === 'unchanged' ? 'nothing to do' : status === 'not-reached' ? '–' : status;
}

/** The moment from which PHP logs in with the other account. */
function cutLine(cut: string | undefined, scale: Scale, height: number): Markup | undefined {
  if (cut === undefined) return undefined;
  const x = percent(scale(cut));
  return markup`<line class="cut" x1="${x}" x2="${x}" y1="0" y2="${height}" />`;
}

function loadRow({ heading, failed, failures }: ChartLoad, scale: Scale, cut: string | undefined): Markup {
  const lost = failures.map(({ at, kind }) => {
    const place = scale(at);
    const x = percent(place);
    const beside = place < 0 ? ', before this' : place > 1 ? ', after this' : '';
    return markup`<line class="lost" x1="${x}" x2="${x}" y1="2" y2="16"
        ><title>${timeText(at)}: ${kind}${beside}</title></line>`;
  });
  const text = failed === 0 ? 'none failed' : `${failed} failed`;
  return markup`<tr class="${failed === 0 ? '' : 'failed-step'}">
    <th scope="row"><b></b>${heading}</th>
    <td class="chart">
      <svg height="18" aria-hidden="true">
        <line class="base" x1="0" x2="100%" y1="9" y2="9" />
        ${lost}${cutLine(cut, scale, 18)}
      </svg>
    </td>
    <td class="took">${text}</td>
  </tr> `;
}
