import { isAhead } from '../rotation/age';
import type { Entry, Predicate } from './form';
import { accounts } from './form';

/**
 * How old each account's password is, by the whole history. What the history does not know, or dates in the future, is
 * no proof of an age: it counts as too old.
 * @param maxAgeMs undefined where no age is asked for
 */
export function agesOf(
  entries: readonly Entry[],
  now: Date,
  maxAgeMs: number | undefined,
): Predicate['accounts'] {
  return accounts.map((account) => {
    const renewals = entries.flatMap(({ id, renewed }) =>
      renewed.filter((each) => each.account === account).map(({ at }) => ({ rotation: id, at })),
    );
    const last = renewals.at(-1);
    const at = last === undefined ? undefined : new Date(last.at);
    const known = at !== undefined && !isAhead(at, now);
    const ageMs = known ? Math.max(0, now.getTime() - at.getTime()) : undefined;
    return {
      account,
      renewedAt: last?.at ?? null,
      rotation: last?.rotation ?? null,
      ageSeconds: ageMs === undefined ? null : Math.floor(ageMs / 1000),
      tooOld: maxAgeMs === undefined ? null : ageMs === undefined || ageMs > maxAgeMs,
    };
  });
}
