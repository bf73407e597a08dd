import { z } from 'zod';
import { strictProofsSchema } from '../rotation/proofs';
import { kindSchema, placeSchema, stepSchema } from '../rotation/storedPlan';

/*
 * What evidence says, field by field: docs/evidence.md explains each, and docs/evidence.schema.json is made from this.
 * Every object is strict, so that nothing can be slipped in. A field that is added must be optional, and entries of
 * finished rotations must come out as they did: their hashes stand in files that were signed before.
 */

/** What the statement is about, for in-toto; it names this form, and need not be an address. */
export const predicateType = 'https://open-emr.org/credential-rotation/evidence/v1';

/** What every in-toto statement of this version is (github.com/in-toto/attestation, spec/v1/statement.md). */
export const statementType = 'https://in-toto.io/Statement/v1';

const time = z.iso.datetime();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** Accounts whose passwords are rotated. */
export const accounts = ['A', 'B', 'admin'] as const;
const account = z.enum(accounts);

const run = z.strictObject({
  startedAt: time,
  /** Null for a run that was killed, or is under way. */
  endedAt: z.nullable(time),
  succeeded: z.boolean(),
  by: z.nullable(z.string()),
});

const step = z.strictObject({
  number: stepSchema,
  status: z.enum(['done', 'unchanged', 'failed', 'not-reached']),
  startedAt: z.nullable(time),
  endedAt: z.nullable(time),
});

const failure = z.strictObject({ step: z.nullable(stepSchema), message: z.string() });

/** What both a rotation and its rollback have. */
const course = {
  id: z.string(),
  /** The plan before this one, by the plan itself; null for the first of a state, and where an older version made it. */
  follows: z.nullable(z.string()),
  runs: z.array(run),
  /** Null where the step times are not known. */
  steps: z.nullable(z.array(step)),
  failure: z.nullable(failure),
  /** Null where none was made, or an older version did not record them. */
  proofs: z.nullable(strictProofsSchema),
  /** Digest of the plan without its `sqlconfSha256`, in canonical JSON. */
  plan: z.strictObject({ sha256: hash }),
};

/** One rotation. */
export const entrySchema = z.strictObject({
  /** Its place in the whole history, from 1 on. */
  number: z.number().int().positive(),
  /** SHA-256 of the entry before, in canonical JSON; null for the first. */
  previous: z.nullable(hash),
  stack: z.string(),
  ...course,
  kind: kindSchema,
  from: placeSchema,
  to: placeSchema,
  outcome: z.enum(['rotated', 'done', 'rolled-back', 'held', 'before-switch', 'failed', 'unfinished']),
  /** False for the newest one while a run can still take it up: only that entry may change. */
  final: z.boolean(),
  by: z.nullable(z.string()),
  startedAt: time,
  endedAt: z.nullable(time),
  /** Accounts that got a new password, and when. */
  renewed: z.array(z.strictObject({ account, at: time })),
  /** For a rollback whose rotation is not in the history any more. */
  undoes: z.nullable(z.string()),
  rollback: z.nullable(z.strictObject({ ...course, succeeded: z.boolean() })),
  slotSecret: z.string(),
  adminSecret: z.string(),
  adminUser: z.string(),
});

/** One rotation, as evidence has it. */
export type Entry = z.infer<typeof entrySchema>;

const finding = z.strictObject({
  code: z.enum([
    'no-rotation',
    'history-begins-late',
    'plan-missing',
    'times-disagree',
    'in-the-future',
    'updates-missing',
    'state-missing',
    'state-older',
    'update-by-others',
    'not-final',
    'proofs-missing',
  ]),
  /** The rotation that it is about; null for the history. */
  rotation: z.nullable(z.string()),
  text: z.string(),
});

/** Something about the history that an auditor should know. */
export type Finding = z.infer<typeof finding>;

/** The age of one account's password. */
const age = z.strictObject({
  account,
  /** When it was last renewed, by the whole history; null where the history has no renewal. */
  renewedAt: z.nullable(time),
  rotation: z.nullable(z.string()),
  ageSeconds: z.nullable(count),
  /** Null where no `--max-age` was given. An account of unknown age is too old. */
  tooOld: z.nullable(z.boolean()),
});

/** The predicate. */
export const predicateSchema = z.strictObject({
  formatVersion: z.literal(1),
  stack: z.string(),
  made: z.strictObject({ at: time, by: z.string(), version: z.string() }),
  /** Null for the whole history. */
  since: z.nullable(time),
  maxAgeSeconds: z.nullable(count),
  chain: z.strictObject({
    /** Entries of the whole history, and how many of them come before the first one here. */
    length: count,
    before: count,
    /** Hash of the entry before the first one here; null where there is none. */
    start: z.nullable(hash),
    /** Hash of the last entry; null of an empty history. */
    head: z.nullable(hash),
  }),
  entries: z.array(entrySchema),
  accounts: z.array(age).length(accounts.length),
  findings: z.array(finding),
});

/** The predicate. */
export type Predicate = z.infer<typeof predicateSchema>;

/** The statement. */
export const statementSchema = z.strictObject({
  _type: z.literal(statementType),
  /** The stack by its chain, each plan, and the page and the table beside the file. */
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: hash }) })),
  predicateType: z.literal(predicateType),
  predicate: predicateSchema,
});

/** The statement. */
export type Statement = z.infer<typeof statementSchema>;
