import type { HistoryEntry } from '../history/entries';
import type { StateOfLast } from '../history/rotations';
import type { PastFailure } from '../rotation/stepTimes';

/** An update in the history that is none of a rotation: a refresh, an import, a destroy by somebody. */
export interface OtherUpdate {
  kind: string;
  startedAt: string;
}

/** All that a stack remembers of its rotations. */
export interface Records {
  stack: string;
  entries: HistoryEntry[];
  /** What the state says of the last plan; undefined without one. */
  last: StateOfLast | undefined;
  /** Why rotations failed, by their ids. */
  failures: ReadonlyMap<string, PastFailure>;
  others: OtherUpdate[];
  /** The backend's own numbers of all updates, the newest first; a backend without them gives 0. */
  versions: number[];
}
