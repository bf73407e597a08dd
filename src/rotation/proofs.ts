import { z } from 'zod';

/*
 * What the proofs of a rotation measured, as its state and the next plan have it. Numbers, names and times alone: no
 * secret, and nothing that is made of one. Whatever is added must be optional: those of older versions are read, too.
 */

const count = z.number().int().nonnegative();
/** ISO time at which the state got it. */
const at = z.string();

/** Step 3: how the admin's login was found. */
const adminLoginSchema = z.object({
  /** The label of the version that the database accepted. */
  foundUnder: z.string(),
  /** Versions whose login was tried, and how many of them were refused. */
  tried: count,
  refused: count,
});

/** Step 4: the pod on the new login, before the switch. */
const canarySchema = z.object({
  username: z.string(),
  /** `skipped`: there was nothing to prove any more. */
  outcome: z.enum(['proved', 'unproved', 'skipped']),
  /** Why it is not `proved`, in a few words. */
  why: z.exactOptional(z.string()),
  /** How long it took, from the pod's creation to its removal. */
  tookMs: count,
});

/** Step 7: the Deployment's own counts when its rollout was complete. */
const rolloutSchema = z.object({
  /** Pods: wanted, of the newest template, ready, available. */
  wanted: count,
  updated: count,
  ready: count,
  available: count,
  /** The Deployment's generation that they are of. */
  generation: count,
  /** How long the rollout was waited for. */
  waitedMs: count,
});

/** Step 8: the login of `sqlconf.php`, made from here, and the answers of the health page. */
const healthSchema = z.object({
  username: z.string(),
  /** Origin and path that were asked; absent where there is no page, so that the login alone is the proof. */
  page: z.exactOptional(z.string()),
  /** Answers judged, and how many of them were good, or bad as they were before the switch. */
  judged: count,
  good: count,
  asBefore: count,
  /** Good answers in a row that were wanted. */
  wanted: count,
});

/** Logins of others as the servers count them. */
const loginsSchema = z.object({ before: z.number().int(), after: z.number().int() });

/** Step 10: that nobody uses the account that was left. */
const idleSchema = z.object({
  username: z.string(),
  /** The grace that was wanted, and how long it was quiet for. */
  graceSeconds: z.number().nonnegative(),
  quietMs: count,
  /** At the beginning of the quiet and at its end. */
  logins: z.exactOptional(loginsSchema),
  /** Why no logins were counted, so that sessions were looked at again and again. */
  sampled: z.exactOptional(z.string()),
  /** Servers that were asked, and readers of an Aurora cluster that could not be reached. */
  servers: count,
  unreachedReaders: count,
});

/** What each proof measured, without its time: what its resource says beside its inputs. */
export const measuredSchemas = {
  adminLogin: adminLoginSchema,
  canary: canarySchema,
  rollout: rolloutSchema,
  health: healthSchema,
  idle: idleSchema,
} as const;

/** A proof that measures something. */
export type ProofName = keyof typeof measuredSchemas;

/** What a proof measured. */
export type Measured<Name extends ProofName> = z.infer<(typeof measuredSchemas)[Name]>;

/** The proofs of one rotation, each with its time; one that was not made, or that an older version made, is absent. */
export const proofsSchema = z.object({
  adminLogin: z.exactOptional(adminLoginSchema.extend({ at })),
  canary: z.exactOptional(canarySchema.extend({ at })),
  rollout: z.exactOptional(rolloutSchema.extend({ at })),
  health: z.exactOptional(healthSchema.extend({ at })),
  idle: z.exactOptional(idleSchema.extend({ at })),
});

/** As {@link proofsSchema}, with nothing beside what it names: what is signed says nothing that no form explains. */
export const strictProofsSchema = z.strictObject({
  adminLogin: z.exactOptional(adminLoginSchema.extend({ at }).strict()),
  canary: z.exactOptional(canarySchema.extend({ at }).strict()),
  rollout: z.exactOptional(rolloutSchema.extend({ at }).strict()),
  health: z.exactOptional(healthSchema.extend({ at }).strict()),
  idle: z.exactOptional(idleSchema.extend({ at, logins: z.exactOptional(loginsSchema.strict()) }).strict()),
});

/** The proofs of one rotation. */
export type Proofs = z.infer<typeof proofsSchema>;

/** The proof that a type of dynamic resource makes (src/steps/registry.ts). */
export const proofOfType: Readonly<Record<string, ProofName>> = {
  AdminCheck: 'adminLogin',
  CanaryProof: 'canary',
  RolloutProof: 'rollout',
  HealthProof: 'health',
  IdleProof: 'idle',
};
