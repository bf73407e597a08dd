/** A mark on an axis of time. */
export interface Tick {
  ms: number;
  label: string;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [1, 2, 5, 10, 15, 30]
  .map((count) => count * second)
  .concat([1, 2, 5, 10, 15, 30].map((count) => count * minute))
  .concat([1, 2, 3, 6, 12].map((count) => count * hour))
  .concat([1, 2, 7, 14].map((count) => count * day));
const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const mostTicks = 7;

/** Round times (UTC) between two times, at most seven. */
export function calendarTicks(from: number, to: number): Tick[] {
  if (!(to > from)) return [];
  const step = steps.find((each) => (to - from) / each <= mostTicks - 1);
  return step === undefined ? monthTicks(from, to) : evenTicks(from, to, step);
}

function evenTicks(from: number, to: number, step: number): Tick[] {
  const ticks: Tick[] = [];
  const shows = to - from > day && step < day ? 'both' : step < day ? 'time' : 'date';
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step)
    ticks.push({ ms, label: labelOf(new Date(ms), shows, step < minute) });
  return ticks;
}

function labelOf(time: Date, shows: 'both' | 'time' | 'date', withSeconds: boolean): string {
  const clock = time.toISOString().slice(11, withSeconds ? 19 : 16);
  const date = `${time.getUTCDate()} ${months[time.getUTCMonth()] ?? ''}`;
  return shows === 'time' ? clock : shows === 'date' ? date : `${date} ${clock}`;
}

function monthTicks(from: number, to: number): Tick[] {
  const first = new Date(from);
  const count = (new Date(to).getUTCFullYear() - first.getUTCFullYear()) * 12 + 12;
  const step = monthSteps.find((each) => count / each <= mostTicks + 5) ?? 240;
  const ticks: Tick[] = [];
  const year = first.getUTCFullYear();
  for (let month = 0; month <= count + 12; month += step) {
    const ms = Date.UTC(year, month, 1);
    if (ms < from || ms > to) continue;
    const time = new Date(ms);
    const name = months[time.getUTCMonth()] ?? '';
    ticks.push({
      ms,
      label: step >= 12 ? String(time.getUTCFullYear()) : `${name} ${time.getUTCFullYear()}`,
    });
  }
  return ticks;
}

/** A scale from 0 in equal parts of a round length, at most five; lengths in ms. */
export function roundScale(ms: number): { part: number; parts: number } {
  const most = 5;
  const lengths = [100, 200, 500, ...steps];
  const part = lengths.find((each) => ms <= each * most) ?? Math.ceil(ms / most / day) * day;
  return { part, parts: Math.max(1, Math.ceil(ms / part)) };
}
