import type { PastRotation, PastRun, PastStep } from '../../history/pastRotation';
import { isFinished } from '../../rotation/ends';
import { durationText, timeText } from '../duration';
import { reasonText, resultText, tookText, wayText } from '../historyText';
import type { ChartLoad } from './chartLoad';
import { loadOfCharts, loadText } from './chartLoad';
import { gantt } from './gantt';
import type { Markup } from './markup';
import { markup } from './markup';
import { isSwitchStep } from '../../rotation/steps';

/** How many that did not go as planned are open at first, beside the newest. */
const openAtFirst = 3;

/** Every rotation, the newest first, each with its steps. */
export function rotationList(rotations: PastRotation[]): Markup {
  const odd = rotations.filter(({ result }) => !isFinished(result)).slice(0, openAtFirst);
  return markup`<section aria-labelledby="each">
    <h2 id="each">Each rotation</h2>
    ${legend()}
    ${rotations.map((each, index) => rotationItem(each, index === 0 || odd.includes(each)))}
  </section>`;
}

/** What the bars of the charts mean. */
function legend(): Markup {
  const box = (kind: string): Markup =>
    markup`<svg viewBox="0 0 18 18" aria-hidden="true"><rect class="${kind}" y="4" width="18" height="10" rx="2" /></svg>`;
  return markup`<ul class="legend">
    <li>${box('phase-prepare')}prepare (steps 1–4)</li>
    <li>${box('phase-switch')}switch (5–8)</li>
    <li>${box('phase-retire')}retire (9–11)</li>
    <li>${box('phase-back')}rollback</li>
    <li>${box('bar-failed')}failed</li>
    <li><svg viewBox="0 0 18 18" aria-hidden="true"><line class="cut" x1="9" x2="9" y1="0" y2="18" /></svg>the cut-over: from here PHP logs in with the other account</li>
  </ul>`;
}

function rotationItem(rotation: PastRotation, open: boolean): Markup {
  const { id, kind, result, startedAt, by } = rotation;
  return markup`<details class="rotation ${result}" ${open ? markup` open` : undefined}>
    <summary>
      <h3><span class="chip">${resultText(rotation)}</span></h3>
      <span class="way">${kind}${kind === 'sync' ? undefined : markup` <b>${wayText(rotation)}</b>`}</span><span class="when num">${timeText(startedAt)}</span><span class="lasted num">${tookText(rotation)}</span><span class="who soft">${by ?? '–'}</span>
    </summary>
    <div class="inside">
      <dl class="facts">
        <div>
          <dt>id</dt>
          <dd>${id}</dd>
        </div>
        <div>
          <dt>new passwords</dt>
          <dd>${renewedText(rotation)}</dd>
        </div>
        ${
          rotation.undoes === null
            ? undefined
            : markup`<div>
                <dt>undoes</dt>
                <dd>${rotation.undoes}</dd>
              </div>`
        }
      </dl>
      ${whyText(rotation)} ${charts(rotation)}
    </div>
  </details> `;
}

function renewedText({ renewed }: PastRotation): string {
  const names = renewed.map(({ account }) => (account === 'admin' ? 'admin' : `slot ${account}`));
  return names.length === 0 ? 'none' : names.join(', ');
}

function whyText({ failure, result, rollback }: PastRotation): Markup | undefined {
  if (failure && isFinished(result))
    return markup`<p class="soft">An earlier run did not finish it: ${reasonText(failure)}</p>`;
  if (failure) return markup`<p class="why">${reasonText(failure)}</p>`;
  if (result === 'unfinished')
    return markup`<p class="why">
      This rotation is under way, or its run was killed. The next run finishes it.
    </p>`;
  if (result === 'held' && !rollback)
    return markup`<p class="why">
      It stopped after the switch. OpenEMR kept running; why it stopped is in the log of that run.
    </p>`;
  if (result === 'before-switch')
    return markup`<p class="why">
      It stopped before the switch. OpenEMR was not touched; why it stopped is in the log of that run.
    </p>`;
  return undefined;
}

function charts(rotation: PastRotation): Markup {
  const { runs, steps, rollback } = rotation;
  const back = rollback ? [rollback.runs[0]?.startedAt ?? rotation.endedAt ?? ''] : [];
  const begins = [...(runs.length === 0 ? [rotation.startedAt] : runs.map((run) => run.startedAt)), ...back];
  const loads = loadOfCharts(rotation.load, begins);
  const ofBack = rollback ? loads.at(-1) : undefined;
  if (!steps)
    return markup`<p class="soft">The times of its steps are not known. ${runsText(runs)}</p>
      ${loads.slice(0, begins.length - back.length).flatMap((load) => loadText(load) ?? [])}${backChart(rotation, ofBack)}`;
  const several = runs.length > 1;
  const parts = runs.map((run, index) => {
    const own = several ? stepsDuring(steps, runs, index) : steps;
    const heading = several
      ? markup`<p><b>Run ${index + 1} of ${runs.length}</b> <span class="soft">${runText(run)}</span></p>`
      : undefined;
    const begin = beginOf(own, run.startedAt);
    const load = loads[index];
    const none = markup`<p class="soft">No step ended in it.</p>
      ${loadText(load)}`;
    return markup`${heading}${own.length === 0 ? none : gantt({ begin, steps: own, back: false, load })}`;
  });
  return markup`${parts}${backChart(rotation, ofBack)}`;
}

/** The steps of one of several runs; what was not reached is shown with the last. */
function stepsDuring(steps: PastStep[], runs: PastRun[], index: number): PastStep[] {
  const from = runs[index]?.startedAt ?? '';
  const to = runs[index + 1]?.startedAt;
  const last = to === undefined;
  return steps.filter(({ endedAt, number }) => {
    if (endedAt === undefined) return number <= 2 ? index === 0 : last;
    return (index === 0 || endedAt >= from) && (last || endedAt < to);
  });
}

function beginOf(steps: PastStep[], fallback: string): string {
  return steps.flatMap(({ startedAt }) => startedAt ?? []).sort()[0] ?? fallback;
}

function backChart({ rollback }: PastRotation, load: ChartLoad | undefined): Markup | undefined {
  if (!rollback) return undefined;
  const { id, runs, succeeded, steps, failure } = rollback;
  const heading = markup`<p>
      <b>Rollback</b>
      <span class="soft">${id}, ${succeeded ? 'done' : 'not finished'}. ${runsText(runs)}</span>
    </p>
    ${failure ? markup`<p class="${succeeded ? 'soft' : 'why'}">${reasonText(failure)}</p>` : undefined}`;
  const own = (steps ?? []).filter(({ number }) => isSwitchStep(number));
  if (steps === null || own.every(({ endedAt }) => endedAt === undefined))
    return markup`${heading}
      <p class="soft">The times of its steps are not known.</p>
      ${loadText(load)}`;
  const begin = beginOf(own, runs[0]?.startedAt ?? '');
  return markup`${heading}${gantt({ begin, steps: own, back: true, load })}`;
}

function runsText(runs: PastRun[]): string {
  return runs.map(runText).join('; ');
}

function runText({ startedAt, endedAt, succeeded, by }: PastRun): string {
  const end =
    endedAt === null
      ? 'no end known'
      : `${durationText((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}, ${succeeded ? 'finished' : 'stopped'}`;
  return `${timeText(startedAt)}, ${end}${by === null ? '' : `, by ${by}`}`;
}
