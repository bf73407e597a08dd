/** One of the two database users that take turns. */
export type Slot = 'A' | 'B';

/** Both slots, in order. */
export const slots: readonly Slot[] = ['A', 'B'];

/** The slot that takes turns with the given one. */
export function otherSlot(slot: Slot): Slot {
  return slot === 'A' ? 'B' : 'A';
}

/** What is needed to log in to the database, as the slot secret names it; also the five values of `sqlconf.php`. All are texts, the port too. */
export interface DatabaseLogin {
  host: string;
  port: string;
  username: string;
  password: string;
  dbname: string;
}

/** The user that a slot gets when its secret does not name one; the names that the Python tool used. */
export function defaultUsername(slot: Slot): string {
  return slot === 'A' ? 'openemr_a' : 'openemr_b';
}

/** True when both name the same account on the same database; the passwords are not compared. */
export function sameAccount(one: DatabaseLogin, two: DatabaseLogin): boolean {
  return (
    one.username === two.username &&
    one.host.toLowerCase() === two.host.toLowerCase() &&
    one.port === two.port &&
    one.dbname === two.dbname
  );
}
