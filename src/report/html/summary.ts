import type { PastRotation } from '../../history/pastRotation';
import type { PastResult } from '../../rotation/ends';
import type { SlotTimes } from '../../history/slotTimes';
import { durationText, timeText } from '../duration';
import type { Markup } from './markup';
import { markup } from './markup';

/** The page's first answers: how many, how they ended, where OpenEMR is, how old the passwords are. */
export function summary(rotations: PastRotation[], times: SlotTimes, now: Date): Markup {
  const count = (...results: PastResult[]): number =>
    rotations.filter(({ result }) => results.includes(result)).length;
  const stopped = count('held', 'before-switch', 'failed', 'unfinished');
  const place = times.active.at(-1);
  return markup`<dl class="tiles">
    ${tile('OpenEMR is on', place === undefined ? '–' : place.place === 'other' ? 'neither slot' : `slot ${place.place}`, place && `since ${timeText(place.from)}`)}
    ${tile('Rotated', String(count('rotated')), `${took(rotations)}`)}
    ${tile('Rolled back', String(count('rolled-back')), 'the old password stayed live')}
    ${tile('Stopped', String(stopped), stopped === 0 ? 'none is open' : 'held, failed or unfinished')}
    ${tile("Slots' passwords", ages(times, now), undefined)}
    ${tile("Admin's password", age(times.passwords.admin, now), undefined)} ${loadTile(rotations)}
  </dl>`;
}

function tile(name: string, value: string, more: string | undefined): Markup {
  return markup`<div class="tile">
    <dt>${name}</dt>
    <dd>${value}${more === undefined || more === '' ? undefined : markup`<small>${more}</small>`}</dd>
  </div> `;
}

/** The middle of how long those took that one run carried out. */
function took(rotations: PastRotation[]): string {
  const times = rotations
    .filter(({ result, runs, seconds }) => result === 'rotated' && runs.length === 1 && seconds !== null)
    .map(({ seconds }) => seconds ?? 0)
    .sort((one, other) => one - other);
  const middle = times[Math.floor(times.length / 2)];
  return middle === undefined ? '' : `typically in ${durationText(middle)}`;
}

type Life = SlotTimes['passwords']['A'];

function ages({ passwords }: SlotTimes, now: Date): string {
  const fixed = (text: string): string => text.replaceAll(' ', '\u00a0');
  return `${fixed(`A ${age(passwords.A, now)}`)}, ${fixed(`B ${age(passwords.B, now)}`)}`;
}

function age(lives: Life, now: Date): string {
  const life = lives.at(-1);
  if (life === undefined) return '–';
  const seconds = Math.max(0, (now.getTime() - Date.parse(life.from)) / 1000);
  const text = seconds < 60 ? `${Math.round(seconds)} s` : shortAge(seconds);
  return life.known ? text : `> ${text}`;
}

/** One unit is enough for an age. */
function shortAge(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Only where someone counted. */
function loadTile(rotations: PastRotation[]): Markup | undefined {
  const counted = rotations.flatMap(({ load }) => load ?? []);
  if (counted.length === 0) return undefined;
  const failed = counted.reduce((sum, each) => sum + each.failed, 0);
  const requests = counted.reduce((sum, each) => sum + each.requests, 0);
  return tile('Failed requests', String(failed), `of ${requests}, in ${counted.length} counted rotations`);
}
