import type { PastRotation } from '../../history/pastRotation';
import { slotTimes } from '../../history/slotTimes';
import { timeText } from '../duration';
import { htmlDocument } from './document';
import type { Markup } from './markup';
import { markup } from './markup';
import { rotationList } from './rotationList';
import { summary } from './summary';
import type { Domain } from './timeline';
import { timeline } from './timeline';

/** What a page shows. Texts must be scrubbed before: an escaped secret would not be recognised. */
export interface PageContent {
  /** The newest first. */
  rotations: PastRotation[];
  stack: string;
  now: Date;
}

/** The history as one page that needs nothing else: no network, no script. Pure. */
export function renderPage({ rotations, stack, now }: PageContent): string {
  const main = markup`<h1>Credential rotations</h1>
    <p class="soft">
      Stack <b>${stack}</b>${rangeText(rotations)}. All times are UTC. Made
      ${timeText(now.toISOString())}.
    </p>
    ${rotations.length === 0 ? markup`<p class="card">No rotation yet.</p>` : content(rotations, now)}
    <footer>
      <p>
        From the history and the state of the Pulumi stack. Step times are the times at which the engine
        recorded each step; a rotation's are kept by the rotation after it. A killed run leaves no end.
        What nobody recorded is shown as –.
      </p>
    </footer>`;
  return htmlDocument(`Credential rotations of ${stack}`, main);
}

function content(rotations: PastRotation[], now: Date): Markup {
  const times = slotTimes(rotations);
  const domain = domainOf(rotations, now);
  return markup`${summary(rotations, times, now)}${timeline(rotations, times, domain)}${rotationList(rotations)}`;
}

function domainOf(rotations: PastRotation[], now: Date): Domain {
  const starts = rotations.map(({ startedAt }) => Date.parse(startedAt));
  const ends = rotations.map(({ endedAt, startedAt }) => Date.parse(endedAt ?? startedAt));
  const from = starts.reduce((one, other) => Math.min(one, other), now.getTime());
  // The clock of the machine that rotated may be ahead.
  return { from, to: ends.reduce((one, other) => Math.max(one, other), now.getTime()) };
}

function rangeText(rotations: PastRotation[]): string {
  const first = rotations.at(-1);
  return first === undefined
    ? ''
    : `, ${rotations.length} rotation${rotations.length === 1 ? '' : 's'} since ${timeText(first.startedAt)}`;
}
