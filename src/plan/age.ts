import { Failure } from '../failure';
import type { Journal, Observation } from './observation';

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/**
 * Reads an age such as `30d`, `12h` or `90m`; gives milliseconds.
 * @throws Failure `configuration` for anything else
 */
export function parseAge(text: string): number {
  const [, count, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
  const ms = unit === undefined ? undefined : unitMs[unit];
  if (ms === undefined)
    throw new Failure('configuration', '--if-older-than takes a number with d, h or m, such as 30d or 12h.');
  return Number(count) * ms;
}

/** An age for people, in the largest unit that fits. */
export function ageText(ms: number): string {
  const [unit, size] = Object.entries(unitMs).find(([, each]) => ms >= 2 * each) ?? ['m', 60_000];
  const names: Record<string, string> = { d: 'days', h: 'hours', m: 'minutes' };
  return `${Math.floor(ms / size)} ${names[unit]}`;
}

/** When the passwords were last rotated: by the state, or else by the slot secret's current version. */
export function lastRotation({ slotSecret }: Observation, journal: Journal | undefined): Date | undefined {
  const renewing =
    journal?.finished === true && ['rotate', 'reconcile', 'bootstrap'].includes(journal.plan.kind);
  return renewing ? new Date(journal.plan.startedAt) : slotSecret.createdAt;
}

/**
 * Why a scheduled run has nothing to do yet; undefined when it is due. A rotation that was begun and not finished is
 * always due, and so is one of which nobody knows when it was.
 */
export function notDue(
  observation: Observation,
  journal: Journal | undefined,
  ifOlderThanMs: number,
  now: Date,
): string | undefined {
  if (journal && !journal.finished && journal.plan.kind !== 'sync') return undefined;
  const last = lastRotation(observation, journal);
  if (last === undefined) return undefined;
  const ageMs = now.getTime() - last.getTime();
  if (ageMs >= ifOlderThanMs) return undefined;
  return `The last rotation was ${ageText(Math.max(0, ageMs))} ago (${last.toISOString()}), less than ${ageText(ifOlderThanMs)}: nothing to do yet.`;
}
