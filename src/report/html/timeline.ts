import type { PastRotation } from '../../history/pastRotation';
import type { PastResult } from '../../rotation/ends';
import type { Period, SlotTimes } from '../../history/slotTimes';
import type { Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';
import { durationText, timeText } from '../duration';
import { placeText, resultText, wayText } from '../historyText';
import type { Markup } from './markup';
import { markup, percent } from './markup';
import { legendMark, markOf, resultNames } from './marks';
import { calendarTicks } from './scale';

/** The stretch of time that a drawing shows, in ms. */
export interface Domain {
  from: number;
  to: number;
}

/** Where a time stands on the drawing, from 0 to 1. */
export function placeOf(iso: string, { from, to }: Domain): number {
  return to > from ? (Date.parse(iso) - from) / (to - from) : 0;
}

/** Rotations, slots and passwords over time. */
export function timeline(rotations: PastRotation[], times: SlotTimes, domain: Domain): Markup {
  const other = times.active.some(({ place }) => place === 'other');
  const kinds = [...new Set(rotations.map(({ result }) => result))];
  return markup`<section class="card" aria-labelledby="over-time">
    <h2 id="over-time">Slots and passwords over time</h2>
    <div class="lanes">
      <div class="name">Rotations</div>
      ${rotationLane(rotations, domain)}
      ${
        other
          ? markup`<div class="name">Neither slot</div>
              ${activeLane('other', times, domain)}`
          : undefined
      }
      ${slots.map(
        (slot) =>
          markup`<div class="name">Slot ${slot}</div>
            ${activeLane(slot, times, domain)}`,
      )}
      <div class="name">Admin</div>
      ${passwordLane(times, domain)}
      <div class="name"></div>
      ${axis(domain)}
    </div>
    ${legend(kinds)} ${tables(times)}
  </section>`;
}

function rotationLane(rotations: PastRotation[], domain: Domain): Markup {
  const marks = [...rotations].reverse().map(
    (each) =>
      markup`<svg x="${percent(placeOf(each.endedAt ?? each.startedAt, domain))}" y="12" width="1" height="1">
        <title>${timeText(each.startedAt)} ${each.kind} ${wayText(each)}: ${resultText(each)}</title>
        ${markOf(each.result)}
      </svg>`,
  );
  return markup`<svg height="24" role="img" aria-label="${rotations.length} rotations">
    <line class="base" x1="0" x2="100%" y1="12" y2="12" />
    ${marks}
  </svg>`;
}

/** Above where OpenEMR logged in, below the passwords of that slot. */
function activeLane(place: Slot | 'other', { active, passwords }: SlotTimes, domain: Domain): Markup {
  const bars = active
    .filter((period) => period.place === place)
    .map((period) => bar(period, domain, 2, 18, markup`slot-${place}`, `Active ${describePeriod(period)}`));
  const lives =
    place === 'other' ? [] : lifeBars(passwords[place], domain, 24, `who-${place}`, `Slot ${place}`);
  const label =
    place === 'other' ? 'OpenEMR on neither slot' : `Slot ${place}: when it was active, and its passwords`;
  return markup`<svg height="${place === 'other' ? 22 : 34}" role="img" aria-label="${label}">
    <rect class="slot-${place} standby" x="0" y="2" width="100%" height="18" rx="3">
      <title>${place === 'other' ? '' : `Slot ${place}: standby`}</title>
    </rect>
    ${bars}${lives}
  </svg>`;
}

function passwordLane({ passwords }: SlotTimes, domain: Domain): Markup {
  return markup`<svg height="12" role="img" aria-label="Passwords of the admin">
    ${lifeBars(passwords.admin, domain, 2, 'who-admin', 'Admin')}
  </svg>`;
}

/** One bar for each password; a gap of a pixel is where it was renewed. */
function lifeBars(
  periods: (Period & { known: boolean })[],
  domain: Domain,
  y: number,
  who: string,
  name: string,
): Markup[] {
  return periods.map((period, index) => {
    const shade = !period.known ? 'unknown' : index % 2 === 0 ? 'odd' : '';
    const begin = period.known ? describePeriod(period) : `from before this history to ${endText(period)}`;
    return bar(period, domain, y, 8, markup`${who} life ${shade}`, `${name}'s password ${begin}`);
  });
}

function bar(period: Period, domain: Domain, y: number, height: number, kind: Markup, title: string): Markup {
  const from = placeOf(period.from, domain);
  const to = period.to === null ? 1 : placeOf(period.to, domain);
  return markup`<rect
    class="${kind}"
    x="${percent(from)}"
    width="${percent(Math.max(to - from, 0.0015))}"
    y="${y}"
    height="${height}"
    rx="2"
    ><title>${title}</title></rect>`;
}

function describePeriod(period: Period): string {
  const length =
    period.to === null ? '' : `, ${durationText((Date.parse(period.to) - Date.parse(period.from)) / 1000)}`;
  return `from ${timeText(period.from)} to ${endText(period)}${length}`;
}

function endText({ to }: Period): string {
  return to === null ? 'now' : timeText(to);
}

function axis(domain: Domain): Markup {
  const ticks = calendarTicks(domain.from, domain.to);
  const marks = ticks.map(({ ms, label }, index) => {
    const at = (ms - domain.from) / (domain.to - domain.from);
    const anchor = at < 0.06 ? 'start' : at > 0.94 ? 'end' : 'middle';
    return markup`<g class="${index % 2 === 1 ? 'tick-odd' : 'tick-even'}"
      ><line class="tick" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="5" /><text
        x="${percent(at)}"
        y="18"
        text-anchor="${anchor}"
        >${label}</text></g>`;
  });
  return markup`<svg height="22" aria-hidden="true">
    <line class="base" x1="0" x2="100%" y1="0.5" y2="0.5" />
    ${marks}
  </svg>`;
}

function legend(results: PastResult[]): Markup {
  const box = (kind: string): Markup =>
    markup`<svg viewBox="0 0 18 18" aria-hidden="true">
      <rect class="${kind}" y="3" width="18" height="12" rx="3" />
    </svg>`;
  return markup`<ul class="legend">
    ${results.map((result) => markup`<li>${legendMark(result)}${resultNames[result]}</li>`)}
    <li>${box('slot-A')}slot A active</li>
    <li>${box('slot-B')}slot B active</li>
    <li>${box('slot-A standby')}standby</li>
    <li>
      <svg viewBox="0 0 18 18" aria-hidden="true">
        <rect class="who-A life" y="6" width="8" height="6" />
        <rect class="who-A life odd" x="9" y="6" width="9" height="6" /></svg>thin bars: each password's life; a change of shade is a renewal
    </li>
  </ul>`;
}

/** The same in words, for those who cannot see the drawing. */
function tables({ active, passwords }: SlotTimes): Markup {
  const accounts = [...slots, 'admin'] as const;
  const lives = accounts.flatMap((account) => passwords[account].map((life) => ({ account, life })));
  return markup`<details class="plain">
    <summary>The same as tables (times in UTC)</summary>
    ${spans(
      'Where OpenEMR logged in',
      'slot',
      [...active]
        .reverse()
        .map(({ place, from, to }) => [placeText(place), timeText(from), to === null ? 'now' : timeText(to)]),
    )}
    ${spans(
      'Passwords',
      'account',
      lives.map(({ account, life }) => [
        account === 'admin' ? 'admin' : `slot ${account}`,
        life.known ? timeText(life.from) : 'before this history',
        endText(life),
      ]),
    )}
  </details>`;
}

/** A table of what was from when to when. */
function spans(caption: string, what: string, rows: string[][]): Markup {
  return markup`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        <th scope="col">${what}</th>
        <th scope="col">from</th>
        <th scope="col">to</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          markup`<tr>
            ${cells.map((cell) => markup`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
