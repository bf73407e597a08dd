import type { Journal } from '../../rotation/observation';
import type { Failure } from '../../base/failure';
import type { OtherSite } from '../../rotation/otherSites';
import type { SlotDocument } from '../../rotation/secretDocument';
import type { DatabaseLogin, Slot } from '../../rotation/slot';
import type { AdminCredentials } from '../../mysql/adminCredentials';
import type { LoginAnswer } from '../../mysql/database';
import type { LockHolder } from '../../mysql/lock';
import type { RolloutState } from '../../kubernetes/rollout';
import type { Part } from '../../base/part';
import type { PasswordAge } from './passwordAge';
import type { StateFacts } from '../../engine/stateFacts';

/** What both secrets have in common. */
interface SecretFacts {
  id: string;
  arn: string;
  /** AWSCURRENT. */
  versionId: string;
  /** Staging labels by version id. */
  stages: Record<string, string[]>;
  /** Why this tool must not change it. */
  owner?: string;
}

/** The slot secret. */
export interface SlotSecretFacts extends SecretFacts {
  text: string;
  document: SlotDocument;
  ages: Partial<Record<Slot, PasswordAge>>;
}

/** The admin secret; the login is AWSCURRENT's. */
export interface AdminSecretFacts extends SecretFacts {
  login: DatabaseLogin;
  age: PasswordAge | undefined;
  /** The newest version that a rotation has pending, where it names another user than AWSCURRENT. */
  otherPending?: OtherPending;
}

/** A version of the admin secret of another user than the current one. */
export interface OtherPending {
  versionId: string;
  login: DatabaseLogin;
}

/** The site's `sqlconf.php`, and those of the other sites. */
export interface FileFacts {
  path: string;
  stamp: string;
  sha256: string;
  login: DatabaseLogin;
  otherSites: OtherSite[];
  /** What is odd about it and stops nothing; each one sentence. */
  warnings?: string[];
}

/** The Kubernetes Secret: its four database keys, decoded, and the login that a new pod takes from them. */
export interface KubernetesSecretFacts {
  name: string;
  data: Record<string, string>;
  /** Undefined when a key is missing. */
  login: DatabaseLogin | undefined;
  immutable: boolean;
  /** Who else writes it, as "belongs to …"; undefined when nobody does. */
  owner?: string;
}

/** The Deployment. */
export interface DeploymentFacts {
  name: string;
  rollout: RolloutState;
  ready: number;
  wanted: number;
  /** The pod template's restart annotation. */
  restartedAs?: string | undefined;
}

/** How the admin logs in: with which label of the admin secret, or not at all. */
export type AdminLoginFacts =
  | {
      kind: 'works';
      stage: AdminCredentials['stage'];
      login: DatabaseLogin;
      /** Whether its server is the one of the slots, where the two are named differently; undefined when that cannot be seen. */
      sameServer?: boolean | undefined;
    }
  | { kind: 'refused'; reason: string };

/** What the database answers to each login; undefined where it was not asked. */
export interface LoginFacts {
  sqlconf: LoginAnswer | undefined;
  kubernetesSecret: LoginAnswer | undefined;
  A: LoginAnswer | undefined;
  B: LoginAnswer | undefined;
  admin: AdminLoginFacts | undefined;
  /** Of the admin secret's version that names another user than the current one. */
  otherPending?: LoginAnswer | undefined;
}

/** Who holds the Kubernetes Lease. */
export interface LeaseHolder {
  name: string;
  holder: string;
  renewed: string;
}

/** Everything that a status is judged from, each part by itself. */
export interface StatusFacts {
  now: Date;
  slotSecret: Part<SlotSecretFacts>;
  adminSecret: Part<AdminSecretFacts>;
  sqlconf: Part<FileFacts>;
  kubernetesSecret: Part<KubernetesSecretFacts>;
  deployment: Part<DeploymentFacts>;
  logins: LoginFacts;
  /** Why the database could not be asked, if it could not. */
  database: Failure | undefined;
  lock: Part<LockHolder | undefined>;
  /** Users of whom the database takes an older password, too; undefined where it was not asked. */
  retained?: readonly string[] | undefined;
  /** Who works on the admin secret: it may be the run of another OpenEMR. Undefined where it was not asked. */
  adminLock?: Part<LockHolder | undefined>;
  lease: Part<LeaseHolder | undefined>;
  state: Part<StateFacts>;
  /** Why what the state has of a run is left out: it is of another slot secret. A sentence. */
  stateOfOther?: string;
  /**
   * The journal that a run would go by, of a rollback that was cut off: undefined where it is not finished any more.
   * Absent where it is the state's.
   */
  takenUp?: Part<Journal | undefined>;
  /** What a preflight of the plan found that is made from these facts; undefined where there is no plan. */
  problems?: readonly Failure[];
  /** Why a repair would not let OpenEMR in again; undefined where it would, or is not needed. */
  repairProblem?: string;
}
