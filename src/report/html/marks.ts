import type { PastResult } from '../../rotation/ends';
import type { Markup } from './markup';
import { markup } from './markup';

/** Each result has a form of its own, so that it can be told without colour. */
const forms: Record<PastResult, Markup> = {
  rotated: markup`<circle r="6" class="mark" />`,
  done: markup`<circle r="4.5" class="mark hollow" />`,
  'rolled-back': markup`<path d="M0-7.5 7 5.5-7 5.5Z" class="mark" />`,
  held: markup`<path d="M-5.5-5.5h11v11h-11Z" class="mark" />`,
  'before-switch': markup`<path d="M0-7.5 7.5 0 0 7.5-7.5 0Z" class="mark" />`,
  failed: markup`<path d="M0-7.5 7.5 0 0 7.5-7.5 0Z" class="mark" />`,
  unfinished: markup`<path d="M-5-5h10v10h-10Z" class="mark hollow" />`,
};

/** What each result is called in legends and headings. */
export const resultNames: Record<PastResult, string> = {
  rotated: 'rotated',
  done: 'users synced, or moved back on request',
  'rolled-back': 'rolled back',
  held: 'held after the switch',
  'before-switch': 'failed before the switch',
  failed: 'failed',
  unfinished: 'unfinished',
};

/** The mark of a result, around the origin. */
export function markOf(result: PastResult): Markup {
  return markup`<g class="${result}">${forms[result]}</g>`;
}

/** A mark for a legend. */
export function legendMark(result: PastResult): Markup {
  return markup`<svg viewBox="-9 -9 18 18" aria-hidden="true">${markOf(result)}</svg>`;
}
