import { Failure } from '../base/failure';
import { moves, renews } from './kinds';
import type { Journal, Observation } from './observation';
import { slotNames } from './secretDocument';

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/**
 * Reads an age such as `30d`, `12h` or `90m`; gives milliseconds.
 * @throws Failure `configuration` for anything else
 */
export function parseAge(text: string, or = '', flag = '--if-older-than'): number {
  const [, count, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const ms = unit === undefined ? undefined : unitMs[unit];
  if (ms === undefined)
    throw new Failure(
      'command-line-invalid',
      `${flag} takes a number with d, h or m, such as 30d or 12h${or}.`,
    );
  return Number(count) * ms;
}

/** What is recent enough: younger than so many ms, or begun at or after a moment. */
export type Recent = number | Date;

/**
 * Reads an age as {@link parseAge} does, or a moment such as `2026-01-31T03:00:00Z`.
 * @throws Failure `configuration` for anything else
 */
export function parseRecent(text: string): Recent {
  return isoMoment(text) ?? parseAge(text, ', or a time such as 2026-01-31T03:00:00Z');
}

/** A moment in ISO 8601 with its zone; undefined for any other text. */
export function isoMoment(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) || isoDay(text.slice(0, 10)) === undefined ? undefined : moment;
}

/** The begin of a day in UTC, such as `2026-01-31`; undefined for any other text. */
export function isoDay(text: string): Date | undefined {
  const begin = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  // JavaScript takes 30 February for 1 March.
  return begin?.toJSON()?.startsWith(text) === true ? begin : undefined;
}

/** An age for people, in the largest unit that fits. */
export function ageText(ms: number): string {
  const [unit, size] = Object.entries(unitMs).find(([, each]) => ms >= 2 * each) ?? ['m', 60_000];
  const names: Record<string, string> = { d: 'days', h: 'hours', m: 'minutes' };
  return `${Math.floor(ms / size)} ${names[unit]}`;
}

/** How far two machines' clocks may differ without anybody's notice, in ms. */
const clockSkewMs = 5 * 60_000;

/** Whether a moment is in the future by more than clocks differ: then a clock was wrong, and the moment proves nothing. */
export function isAhead(moment: Date, now: Date): boolean {
  return moment.getTime() > now.getTime() + clockSkewMs;
}

/** Whether the state's last run was a rotation that was finished: then its begin is the age of its passwords. */
export function isRenewal(journal: Journal | undefined): journal is Journal {
  return journal?.finished === true && renews(journal.plan.kind);
}

/**
 * When the passwords were last rotated: by the state, or else by the younger of both slots' passwords. The current
 * version of the slot secret says less: a way back stores one, too, and renews nothing.
 */
export function lastRotation(
  { slotSecret }: Observation,
  journal: Journal | undefined,
  renewedAt: Date | undefined,
): Date | undefined {
  if (isRenewal(journal)) return new Date(journal.begunAt ?? journal.plan.startedAt);
  return renewedAt ?? slotSecret.createdAt;
}

/**
 * Whether a rotation that was begun before a moment has ended since: a run that took it up has done its work. An end in the
 * future is no proof.
 * @param endedAt ISO; nothing where it is not known
 */
export function endedSince(endedAt: string | null | undefined, since: Date, now: Date): boolean {
  if (endedAt === undefined || endedAt === null) return false;
  const ended = new Date(endedAt);
  return ended >= since && !isAhead(ended, now);
}

/** Whether a scheduled run is due, and what is odd about the dates that say so. */
export interface Due {
  /** Why there is nothing to do yet; undefined when it is due. */
  reason?: string;
  notice?: string;
}

function isOnSlot({ slotSecret, sqlconf }: Observation): boolean {
  return Object.values(slotNames(slotSecret.document)).includes(sqlconf.login.username);
}

/**
 * Whether a scheduled run is due. A rotation that was begun and not finished is always due, and so is one of which
 * nobody knows when it was: with no date, or with one in the future. So is one where the database refuses OpenEMR's
 * login: the run lets OpenEMR in again, or says what does. So is one that finds OpenEMR on the account of neither slot: the
 * age of the slots' passwords says nothing of that one's.
 * @param times `renewedAt`: since when the slot secret has the younger of both passwords, where the state does not say
 */
export function dueNow(
  observation: Observation,
  journal: Journal | undefined,
  ifOlderThan: Recent,
  { now, renewedAt }: { now: Date; renewedAt?: Date | undefined },
): Due {
  if (!observation.sqlconf.works || !isOnSlot(observation)) return {};
  if (journal && !journal.finished && moves(journal.plan.kind)) return {};
  const last = lastRotation(observation, journal, renewedAt);
  if (last === undefined) return {};
  if (isAhead(last, now)) {
    const [dated, clock] = [last.toISOString(), now.toISOString()];
    const notice = `The last rotation is dated ${dated}, in the future of this machine's clock (${clock}): that is no proof of its age, so this rotation is due. Check the clock.`;
    return { notice };
  }
  const ageMs = now.getTime() - last.getTime();
  const endedAt = isRenewal(journal) && journal.finished ? journal.endedAt : undefined;
  const recent =
    typeof ifOlderThan === 'number'
      ? ageMs < ifOlderThan
      : last >= ifOlderThan || endedSince(endedAt, ifOlderThan, now);
  if (!recent) return {};
  const limit =
    typeof ifOlderThan === 'number'
      ? `less than ${ageText(ifOlderThan)}`
      : `which is not before ${ifOlderThan.toISOString()}`;
  const age = ageText(Math.max(0, ageMs));
  return { reason: `The last rotation was ${age} ago (${last.toISOString()}), ${limit}: nothing to do yet.` };
}
