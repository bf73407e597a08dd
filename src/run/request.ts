import type { Failure } from '../base/failure';
import type { Recent } from '../rotation/age';
import type { Observation } from '../rotation/observation';
import type { PastSteps } from '../rotation/stepTimes';
import type { PlannedRotation, RequestKind } from '../rotation/rotationPlan';
import type { SavedPlan } from '../rotation/savedPlan';
import type { ProgramSettings } from '../target/programSettings';
import type { AdminCredentials } from '../mysql/adminCredentials';
import type { Session } from '../mysql/database';
import type { Kubernetes } from '../kubernetes/kubernetes';
import type { SecretsManager } from '../aws/secretsManager';
import type { StepResult } from '../rotation/news';
import type { RunNews } from '../rotation/news';
import type { StackLocation } from '../target/location';

/** What a run is told, and whom it tells. */
export interface RunRequest {
  kind: RequestKind;
  settings: ProgramSettings;
  location: StackLocation;
  /** Told of everything worth showing; must not throw. */
  tell: (news: RunNews) => void;
  signal?: AbortSignal;
  /** A rotation as recent as that is enough: then nothing is done. */
  ifOlderThan?: Recent;
  /** Carry out exactly this plan, or refuse. */
  savedPlan?: SavedPlan;
  /** For a dry run: also make the engine's own update plan, for a saved plan. */
  saveEnginePlan?: boolean;
  /** Checks the run's lock before an engine plugin writes; throws when the run must stop. */
  guard?: () => Promise<void>;
  /** Told of the world as it was found. */
  saw?: (observation: Observation) => void;
}

/** How a run ended; a failed one says which password is live in `failure`. */
export interface RunResult {
  planned: PlannedRotation;
  resumed: boolean;
  steps: StepResult[];
  failure?: Failure;
  /** For the history, when it failed: what is known of the update that failed last. */
  past?: PastSteps;
}

/** The end of a scheduled run before its time: nothing was done. */
export interface NotDue {
  notDue: string;
}

/** The world that one run works in. */
export interface OpenWorld {
  secrets: SecretsManager;
  kubernetes: Kubernetes;
  credentials: AdminCredentials;
  session: Session;
  /** Names the lock. */
  slotSecretArn: string;
}
