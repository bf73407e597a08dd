import type { CanaryMode } from '../rotation/canary';
import type { WorldContext } from './context';

/** What the program needs beside the plan; no secret. Times are in seconds. */
export interface ProgramSettings {
  context: WorldContext;
  healthUrl?: string;
  /** PEM file of the health page's own authority. */
  healthCaFile?: string;
  /** Rotate although the Deployment's strategy takes all pods down at once. */
  acceptDowntime?: true;
  healthAnswersInARow: number;
  healthLimitSeconds: number;
  rolloutTimeoutSeconds?: number;
  /** Whether a pod on the new login is tried before the switch; without it none is. */
  canary?: CanaryMode;
  /** How long that pod may take to start and to answer. */
  canaryLimitSeconds?: number;
  /** The password that a slot had before its renewal stays valid until the next rotation. */
  keepOldPassword?: true;
  idleGraceSeconds: number;
  idleLimitSeconds: number;
  /** How long after the switch somebody may still read the old login. */
  oldLoginSeconds: number;
}

/** What the steps need: proofs are made anew in each run, which this names. */
export type StepSettings = ProgramSettings & { run: string };
