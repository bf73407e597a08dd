import type { HealthBefore } from './health';
import type { Provenance } from './stepTimes';
import type { DatabaseLogin, Slot } from './slot';
import { moves } from './kinds';
import type { PlanKind } from './kinds';

export type { PlanKind, RequestKind } from './kinds';

/** A place that OpenEMR can log in from: a slot, or another account (before a bootstrap). */
export type Place = Slot | 'other';

/**
 * One rotation, decided. It holds no secret: it is stored as a stack config value and in the state, so that
 * history says what was done and a killed run can be taken up again.
 */
export interface RotationPlan extends Provenance {
  /** Readers refuse any other version. */
  formatVersion: 1;
  /** Unique; also the end of the names of this rotation's acts. */
  id: string;
  kind: PlanKind;
  /** For a rollback: the id of the rotation that it undoes. */
  undoes?: string;
  /** ISO time at which the plan was made. */
  startedAt: string;
  /** Where OpenEMR logged in when the plan was made. */
  from: Place;
  /** Where OpenEMR logs in when it is done. */
  to: Place;
  /** Slots that get a fresh password before the switch, because they have none yet. */
  mint: Slot[];
  /** The slot whose password is renewed after the switch. */
  renew: Slot | null;
  /** How often a slot's password was made again because the database refused the one before. */
  again?: Partial<Record<Slot, number>>;
  /** AWSCURRENT of the slot secret when a password was made again last: what the plan had stored by then may be current. */
  againFrom?: string;
  rotateAdmin: boolean;
  /** Value of the pod template's annotation; unique for each plan, so that each restarts. */
  restartToken: string;
  /** The login of the Kubernetes Secret was refused when the plan was made: nothing alive uses it. */
  deadSecret?: true;
  /** Given when a plan is taken up while the Kubernetes Secret says another login than `sqlconf.php`: it is patched again. */
  patchToken?: string;
  slotSecretArn: string;
  /** AWSCURRENT of the slot secret when the plan was made; labels move only from here. */
  slotSecretVersionId: string;
  adminSecretArn: string;
  adminUsername: string;
  /**
   * Which `sqlconf.php` was read, and when it was modified, to find an edit by someone else: nothing of its content, for
   * whoever reads a plan could try passwords on a hash of it. Absent in plans of older versions.
   */
  sqlconfStamp?: string;
  /** In plans of older versions alone: SHA-256 of the file, hex. The secret half has it now. */
  sqlconfSha256?: string;
  /** How the health page was before the switch; absent where there is none, and in plans of older versions. */
  health?: HealthBefore;
}

/** A slot's account in a plan; without a password it is minted in this rotation. */
export type PlannedLogin = Omit<DatabaseLogin, 'password'> & { password?: string };

/** The secret half of a plan: stored only as ciphertext in the state, never in config. */
export interface RotationMaterial {
  /** The text of the slot secret's version that the plan was made from. */
  slotDocument: string;
  /** SHA-256 of `sqlconf.php` as read, hex; absent in states of older versions. */
  sqlconfSha256?: string;
  /** What a rollback restores. */
  before: { sqlconf: DatabaseLogin; kubernetesSecret: Record<string, string> };
  /** Both slots before the renewal. */
  logins: Record<Slot, PlannedLogin>;
}

/** A plan with its secret half. */
export interface PlannedRotation {
  plan: RotationPlan;
  material: RotationMaterial;
}

/** Reads a stored plan; undefined when the text is not a plan of this format version. */
export function parsePlan(text: string): RotationPlan | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const plan = value as Partial<RotationPlan>;
  return plan.formatVersion === 1 && typeof plan.id === 'string' ? (plan as RotationPlan) : undefined;
}

/** SHA-256 of the `sqlconf.php` that a plan was made from, hex. */
export function plannedFile({ plan, material }: PlannedRotation): string | undefined {
  return material.sqlconfSha256 ?? plan.sqlconfSha256;
}

/** True when the plan moves OpenEMR (steps 5 to 8). */
export function switches(plan: RotationPlan): boolean {
  return moves(plan.kind);
}

/** The id of a plan: UTC time to the second and random hex digits, so that ids sort by time. */
export function planId(now: Date, random: string): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${time}-${random}`;
}
