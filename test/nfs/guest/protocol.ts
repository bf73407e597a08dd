import { z } from 'zod';

const site = z.string();

/** What a client of the share is asked for, one line each. */
export const requestSchema = z.discriminatedUnion('do', [
  z.object({ id: z.number(), do: z.literal('read'), site }),
  z.object({
    id: z.number(),
    do: z.literal('write'),
    site,
    password: z.string(),
    stops: z.boolean().optional(),
  }),
  /** Answered when a write that is to stop is about to rename; and what makes it go on. */
  z.object({ id: z.number(), do: z.literal('stopped') }),
  z.object({ id: z.number(), do: z.literal('go-on') }),
  z.object({
    ...{ id: z.number(), do: z.literal('watch'), site },
    by: z.enum(['name', 'product', 'stat']),
    /** The longest time, and how long to go on after the first change; in milliseconds. */
    ...{ forMs: z.number(), restMs: z.number() },
  }),
  z.object({ id: z.number(), do: z.literal('hold'), site }),
  z.object({ id: z.number(), do: z.literal('release'), site }),
  z.object({ id: z.number(), do: z.literal('limit'), seconds: z.number() }),
]);
export type Request = z.infer<typeof requestSchema>;

/**
 * What looks one after another have found, a value or an error: when the first of them ended, when the last began and ended, in
 * milliseconds since 1970; and how long the longest took.
 */
const seenSchema = z.object({
  ...{ value: z.string().optional(), error: z.string().optional() },
  ...{ firstAt: z.number(), lastFrom: z.number(), lastAt: z.number(), longest: z.number() },
});
export type Seen = z.infer<typeof seenSchema>;

const answerSchema = z
  .object({
    password: z.string(),
    at: z.number(),
    kept: z.boolean(),
    owner: z.string(),
    seen: z.array(seenSchema),
    looked: z.number(),
  })
  .partial();
export type Answer = z.infer<typeof answerSchema>;

/** What a client says to a request: the first has the number 0, when it is there. */
export const replySchema = z.object({
  id: z.number(),
  answer: answerSchema.optional(),
  failure: z.string().optional(),
  /** How long it took to fail. */
  ms: z.number().optional(),
});
export type Reply = z.infer<typeof replySchema>;
