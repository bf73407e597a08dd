import { z } from 'zod';
import type { Stored } from '../base/stored';
import { readStored, readStoredText } from '../base/stored';
import type { PlanKind } from './kinds';
import { planKinds } from './kinds';
import { proofsSchema } from './proofs';
import { stepNumbers } from './steps';

/*
 * The two halves of a plan as config, state and files have them. Whatever is added must be optional: plans of older
 * versions are read, too.
 */

const slot = z.enum(['A', 'B']);
/** A place that OpenEMR can log in from: a slot, or another account (before a bootstrap). */
export const placeSchema = z.enum(['A', 'B', 'other']);
/** The number of a step. */
export const stepSchema = z.literal(stepNumbers);
/** What a plan does. */
export const kindSchema = z.literal(Object.keys(planKinds) as PlanKind[]);

const login = z.object({
  host: z.string(),
  port: z.string(),
  username: z.string(),
  password: z.string(),
  dbname: z.string(),
});

/** A slot's account in a plan; without a password it is minted in this rotation. */
const plannedLogin = login.extend({ password: z.exactOptional(z.string()) });

/** Where and why an update failed; no secret is in it. */
export const pastFailureSchema = z.object({
  /** Absent when no step is to blame. */
  step: z.exactOptional(stepSchema),
  /** ISO time. */
  at: z.string(),
  message: z.string(),
});

/**
 * When the steps of one update ended. Pulumi's history keeps no step times, so each plan takes with it what is known
 * of the rotation before. It holds no secret.
 */
export const pastStepsSchema = z.object({
  /** Id of the plan that these steps belong to. */
  id: z.string(),
  /** When an update began to carry it out, an ISO time: a plan that was saved is older than that. */
  begun: z.exactOptional(z.string()),
  /** One for each step that did something, in order; `at` is an ISO time. */
  ends: z.array(z.object({ step: stepSchema, at: z.string() })),
  /** Where and why it failed, when the process that saw it could say so. */
  failed: z.exactOptional(pastFailureSchema),
  /** What its proofs measured; absent where an older version made them. */
  proofs: z.exactOptional(proofsSchema),
});

/**
 * How the health page was judged before the switch: what is so after it, too, was not made by the rotation. It stands in
 * the plan, so that a run that takes the plan up and a rollback compare with it. Nothing secret: of the URL no query.
 */
export const healthSchema = z.object({
  /** Origin and path that were asked. */
  url: z.string(),
  /**
   * Why the page was not good; absent when it was. `broken`: the application itself says so. `wrong-page`: what answers
   * is no page that knows of OpenEMR's health. `no-answer`: nobody answered, or a proxy before it.
   */
  fault: z.exactOptional(z.enum(['broken', 'wrong-page', 'no-answer'])),
  /** Checks other than the database's that failed already. */
  failing: z.array(z.string()),
  /** Subject of a self-signed certificate that was let pass; absent where the certificate was verified, or there was none. */
  selfSigned: z.exactOptional(z.string()),
});

/**
 * One rotation, decided. It holds no secret: it is stored as a stack config value and in the state, so that
 * history says what was done and a killed run can be taken up again.
 */
export const planSchema = z.object({
  /** Readers refuse any other version. */
  formatVersion: z.literal(1),
  /** Unique; also the end of the names of this rotation's acts. */
  id: z.string(),
  kind: kindSchema,
  /** For a rollback: the id of the rotation that it undoes. */
  undoes: z.exactOptional(z.string()),
  /** For a rollback: that what it undoes was itself a way back, which an operator had asked for. */
  undoesSwitchBack: z.exactOptional(z.literal(true)),
  /** ISO time at which the plan was made. */
  startedAt: z.string(),
  /** Where OpenEMR logged in when the plan was made. */
  from: placeSchema,
  /** Where OpenEMR logs in when it is done. */
  to: placeSchema,
  /** Slots that get a fresh password before the switch, because they have none yet. */
  mint: z.array(slot),
  /** The slot whose password is renewed after the switch. */
  renew: z.nullable(slot),
  /** How often a slot's password was made again because the database refused the one before. */
  again: z.exactOptional(z.object({ A: z.exactOptional(z.number()), B: z.exactOptional(z.number()) })),
  /** AWSCURRENT of the slot secret when a password was made again last: what the plan had stored by then may be current. */
  againFrom: z.exactOptional(z.string()),
  rotateAdmin: z.boolean(),
  /** Value of the pod template's annotation; unique for each plan, so that each restarts. */
  restartToken: z.string(),
  /** The login of the Kubernetes Secret was refused when the plan was made: nothing alive uses it. */
  deadSecret: z.exactOptional(z.literal(true)),
  /** Given when a plan is taken up while the Kubernetes Secret says another login than `sqlconf.php`: it is patched again. */
  patchToken: z.exactOptional(z.string()),
  slotSecretArn: z.string(),
  /** AWSCURRENT of the slot secret when the plan was made; labels move only from here. */
  slotSecretVersionId: z.string(),
  adminSecretArn: z.string(),
  adminUsername: z.string(),
  /**
   * Which `sqlconf.php` was read, and when it was modified, to find an edit by someone else: nothing of its content, for
   * whoever reads a plan could try passwords on a hash of it. Absent in plans of older versions.
   */
  sqlconfStamp: z.exactOptional(z.string()),
  /** In plans of older versions alone: SHA-256 of the file, hex. The secret half has it now. */
  sqlconfSha256: z.exactOptional(z.string()),
  /** How the health page was before the switch; absent where there is none, and in plans of older versions. */
  health: z.exactOptional(healthSchema),
  /**
   * A pod on the new login is tried before the switch, and whether it must be proved; absent where there is none, and in
   * plans of older versions.
   */
  canary: z.exactOptional(z.enum(['auto', 'require'])),
  /** user@host; in a pod the host is the pod's name. */
  by: z.exactOptional(z.string()),
  previous: z.exactOptional(pastStepsSchema),
});

/** The secret half of a plan: stored only as ciphertext in the state, never in config. */
export const materialSchema = z.object({
  /** The text of the slot secret's version that the plan was made from. */
  slotDocument: z.string(),
  /** SHA-256 of `sqlconf.php` as read, hex; absent in states of older versions. */
  sqlconfSha256: z.exactOptional(z.string()),
  /** What a rollback restores. */
  before: z.object({ sqlconf: login, kubernetesSecret: z.record(z.string(), z.string()) }),
  /** Both slots before the renewal. */
  logins: z.object({ A: plannedLogin, B: plannedLogin }),
});

/** A plan that a dry run saved for review. It holds no password: the engine's part has them as ciphertext. */
export const savedPlanSchema = z.object({
  formatVersion: z.literal(1),
  plan: planSchema,
  /** The engine's own update plan (pulumi.com/docs/iac/concepts/update-plans); absent before the first rotation. */
  engine: z.exactOptional(z.unknown()),
});

type Plan = z.infer<typeof planSchema>;

/** Reads a stored plan. */
export function readPlan(text: string): Stored<Plan> {
  return readStoredText(planSchema, text);
}

/** Reads a stored plan; undefined when the text is not a plan of this format version. */
export function parsePlan(text: string): Plan | undefined {
  const read = readPlan(text);
  return read.ok ? read.value : undefined;
}

/** Reads the secret half of a plan. */
export function readMaterial(value: unknown): Stored<z.infer<typeof materialSchema>> {
  return readStored(materialSchema, value);
}
