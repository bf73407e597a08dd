import { z } from 'zod';
import { readStored } from '../base/stored';
import type { Stored } from '../base/stored';
import { kindSchema, placeSchema, stepSchema } from '../rotation/storedPlan';

/** What `status --json` of one deployment prints (docs/json.md), as far as a fleet looks into it. */
const statusSchema = z.object({
  type: z.literal('status'),
  live: z.nullable(z.object({ slot: z.nullable(placeSchema) })),
  lastRotation: z.nullable(
    z.object({
      id: z.string(),
      kind: kindSchema,
      from: placeSchema,
      to: placeSchema,
      undoes: z.nullable(z.string()),
      startedAt: z.string(),
      endedAt: z.nullable(z.string()),
      end: z.enum(['done', 'rolled-back', 'unfinished', 'given-up']),
      failure: z.nullable(z.object({ step: z.nullable(stepSchema), message: z.string() })),
    }),
  ),
  unfinished: z.nullable(z.object({ id: z.string() })),
  unreadable: z.array(z.object({ part: z.string(), reason: z.string() })),
  drift: z.array(z.object({ text: z.string() })),
  passwords: z.array(z.object({ ageSeconds: z.nullable(z.number()) })),
  advice: z.string(),
});

/** The status of one deployment, as far as a fleet looks into it. */
export type StatusLine = z.infer<typeof statusSchema>;

/** Reads a line of `status --json`. */
export function readStatusLine(value: unknown): Stored<StatusLine> {
  return readStored(statusSchema, value);
}
