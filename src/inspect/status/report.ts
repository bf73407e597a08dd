import type { Outcome } from '../../base/failure';
import type { PastReason } from '../../history/pastRotation';
import type { Place, PlanKind } from '../../rotation/rotationPlan';
import type { Slot } from '../../rotation/slot';
import type { RotationEnd } from '../../rotation/ends';
import type { Drift } from './drift';

/** Parts of the world that can fail to be read, in the order in which they are told and decide the exit code. */
export const partNames = [
  'sqlconf.php',
  'slot secret',
  'admin secret',
  'database',
  'Kubernetes Secret',
  'Deployment',
  'lock',
  'state',
] as const;

/** The name of a part. */
export type PartName = (typeof partNames)[number];

/** A part that could not be read; everything else is still told. */
export interface Unreadable {
  part: PartName;
  outcome: Outcome;
  reason: string;
}

/** A place that names a login. `works` is null when the database was not asked or gave no answer. */
export interface PlaceReport {
  name: string;
  username: string | null;
  slot: Place | null;
  works: boolean | null;
}

/** One password and its age; `since` is an ISO time, and null when it is not known. */
export interface PasswordReport {
  account: Slot | 'admin';
  username: string | null;
  since: string | null;
  ageSeconds: number | null;
  /** False: the password is at least so old. */
  exact: boolean;
  works: boolean | null;
  /** Whether the database takes an older password of it, too. */
  retained: boolean | null;
}

/** The last rotation that state or history know; a sync is none. */
export interface RotationReport {
  id: string;
  kind: PlanKind;
  from: Place;
  to: Place;
  /** For a rollback: the rotation that it undid. */
  undoes: string | null;
  startedAt: string;
  endedAt: string | null;
  end: RotationEnd;
  /** Why its last run stopped, or why it was rolled back; null when it did neither, or nobody noted it. */
  failure: PastReason | null;
}

/** What a run would do now. */
export interface NextReport {
  kind: PlanKind;
  from: Place;
  to: Place;
  renew: Slot | null;
  /** True when it finishes the rotation that was begun. */
  resumes: boolean;
}

/** A staging label beside AWSCURRENT and AWSPREVIOUS. */
export interface LabelReport {
  secret: string;
  label: string;
  versionId: string;
  /** Whether that version is AWSCURRENT too. */
  current: boolean;
}

/** Whether somebody holds a lock, and who. */
export interface LockReport {
  held: boolean;
  holder: string | null;
  connectionId: number | null;
  idleSeconds: number | null;
}

/** What `status` says. Null stands for what is not known. No secret is in it. */
export interface StatusReport {
  outcome: Outcome;
  exitCode: number;
  live: PlaceReport | null;
  /** `active_slot` of the slot secret. */
  activeSlot: Slot | null;
  places: { sqlconf: PlaceReport | null; kubernetesSecret: PlaceReport | null };
  passwords: PasswordReport[];
  rollout: {
    deployment: string;
    state: 'complete' | 'progressing' | 'failed';
    ready: number;
    wanted: number;
    reason: string | null;
  } | null;
  lock: LockReport | null;
  /** On the admin secret, which several OpenEMRs may share; null when it cannot be seen. */
  adminLock: LockReport | null;
  lease: { name: string; holder: string; renewed: string } | null;
  state: { backendUrl: string; found: boolean } | null;
  lastRotation: RotationReport | null;
  unfinished: RotationReport | null;
  next: NextReport | null;
  /** Why a run would be refused; empty when it would not. */
  refused: string[];
  labels: LabelReport[];
  drift: Drift[];
  notes: string[];
  unreadable: Unreadable[];
  /** What to do now, one or two sentences. */
  advice: string;
}
