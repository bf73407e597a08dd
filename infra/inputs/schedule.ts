import { withOwnMinute } from '../../src/rotation/startMinute';

/** One of the five fields: its bounds, and the names that stand for numbers. */
interface Field {
  least: number;
  most: number;
  names?: Record<string, number>;
}

const named = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, index) => [name, index + first]));

const fields: Field[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: named('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { least: 0, most: 6, names: named('sun mon tue wed thu fri sat', 0) },
];

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The values of each field; a day's two fields are `any` where they leave the day to the other one. */
interface Schedule {
  months: Set<number>;
  days: Set<number>;
  weekdays: Set<number>;
  anyDay: boolean;
  anyWeekday: boolean;
}

/** Whether Kubernetes takes a text as the schedule of a CronJob, and it ever starts (github.com/robfig/cron, v3). The minute may be `H`. */
export function isSchedule(text: string): boolean {
  const schedule = parseSchedule(text);
  return schedule !== undefined && everStarts(schedule);
}

/** Whether a schedule that Kubernetes takes starts on each day. */
export function startsDaily(text: string): boolean {
  const schedule = parseSchedule(text);
  if (schedule === undefined || schedule.months.size < 12) return false;
  const allDays = range(1, 31).every((day) => schedule.days.has(day));
  const allWeekdays = range(0, 6).every((day) => schedule.weekdays.has(day));
  // A day must fit both fields where one of them is "*", else either.
  return schedule.anyDay || schedule.anyWeekday ? allDays && allWeekdays : allDays || allWeekdays;
}

function parseSchedule(text: string): Schedule | undefined {
  const parts = withOwnMinute(text, '').split(' ');
  if (parts.length !== fields.length) return undefined;
  const [minutes, hours, days, months, weekdays] = fields.map((field, index) =>
    valuesOf(parts[index] ?? '', field),
  );
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const isAny = (part = ''): boolean => part.split(',').some((each) => /^[*?](\/1)?$/.test(each));
  return { months, days, weekdays, anyDay: isAny(parts[2]), anyWeekday: isAny(parts[4]) };
}

/** The values of one field; undefined when it cannot be read. */
function valuesOf(text: string, field: Field): Set<number> | undefined {
  const ranges = text.split(',').map((part) => rangeOf(part, field));
  return ranges.includes(undefined) ? undefined : new Set(ranges.flatMap((values) => values ?? []));
}

function rangeOf(text: string, { least, most, names }: Field): number[] | undefined {
  const [, start = '', end, step = '1'] = /^([*?]|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(text) ?? [];
  const isAny = /^[*?]$/.test(start);
  if (start === '' || (isAny && end !== undefined) || Number(step) === 0) return undefined;
  const number = (word: string): number =>
    /^\d+$/.test(word) ? Number(word) : (names?.[word.toLowerCase()] ?? NaN);
  const from = isAny ? least : number(start);
  // "5/15" is every fifteenth from 5 on.
  const to = isAny || (end === undefined && text.includes('/')) ? most : number(end ?? start);
  if (!(from >= least && to <= most && from <= to)) return undefined;
  return range(from, to).filter((value) => (value - from) % Number(step) === 0);
}

/** Whether there is such a day at all: 31 February is none. */
function everStarts({ months, days, anyDay, anyWeekday }: Schedule): boolean {
  // With both fields given, a weekday is enough.
  const byWeekday = !anyWeekday && !anyDay;
  return byWeekday || [...months].some((month) => Math.min(...days) <= (daysOfMonth[month - 1] ?? 0));
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
