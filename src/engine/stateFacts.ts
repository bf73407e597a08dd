import type { Journal } from '../rotation/observation';
import type { Slot } from '../rotation/slot';
import type { PastFailure } from '../rotation/stepTimes';
import type { PastRotation } from '../history/pastRotation';

/** The stack's state: its journal and the time of its last change. */
export interface StateFacts {
  backendUrl: string;
  /** Undefined when there is no state, or no rotation in it. */
  journal: Journal | undefined;
  changedAt: Date | undefined;
  /** How its secrets are sealed: `passphrase`, or the address of a key; undefined where that is not known. */
  secretsProvider?: string | undefined;
  /** The passwords that the state says the slots have; empty while a rotation is unfinished. */
  slotPasswords?: Partial<Record<Slot, string>>;
  /** Why the last run of the journal's rotation stopped, where somebody noted it. */
  failed?: PastFailure | undefined;
  /** The newest rotation of the history, where the state's last run was a sync. */
  lastRotation?: PastRotation | undefined;
}
