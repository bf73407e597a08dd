/**
 * The mark of a test of the long list, at the end of its title. `npm test`, which CI runs, has one test of each kind and
 * leaves these out: further cases of the same kind, by the same code. `npm run test:long` runs them, and records it.
 */
const LONG = ' @long';

/** The mark for the cases of a loop of which `npm test` runs those alone for which this is true. */
export function longUnless(isRunAlways: boolean): string {
  return isRunAlways ? '' : LONG;
}
