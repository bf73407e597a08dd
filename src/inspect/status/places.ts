import type { Place } from '../../rotation/rotationPlan';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import { slots } from '../../rotation/slot';

/** Whose account a place names. */
export interface Placed {
  username: string;
  /** Undefined while the slot secret is not known. */
  slot: Place | undefined;
}

/** Which slot an account is. */
export function placeOf(
  { username }: Pick<DatabaseLogin, 'username'>,
  names: Record<Slot, string>,
): {
  username: string;
  slot: Place;
};
/** Which slot an account is, if the slots are known. */
export function placeOf(
  login: Pick<DatabaseLogin, 'username'>,
  names: Record<Slot, string> | undefined,
): Placed;
export function placeOf(
  { username }: Pick<DatabaseLogin, 'username'>,
  names: Record<Slot, string> | undefined,
): Placed {
  if (names === undefined) return { username, slot: undefined };
  return { username, slot: slots.find((slot) => names[slot] === username) ?? 'other' };
}
