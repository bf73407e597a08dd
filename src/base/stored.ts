import type { z } from 'zod';

/** A value as it stands, held to a schema, or what is wrong with it in a few words that hold nothing of it. */
export type Stored<T> = { ok: true; value: T } | { ok: false; problem: string };

/**
 * Holds something that was stored, or that somebody else said, to its schema. The value itself is handed on and not the
 * schema's copy of it: the order of its keys, and those that the schema does not know, stay, so that what is written
 * again is the same text. A schema must not change what it reads.
 */
export function readStored<S extends z.ZodType>(schema: S, value: unknown): Stored<z.infer<S>> {
  let issue: z.core.$ZodIssue | undefined;
  const isOf = (given: unknown): given is z.infer<S> => {
    const { success, error } = schema.safeParse(given);
    issue = error?.issues[0];
    return success;
  };
  return isOf(value) ? { ok: true, value } : { ok: false, problem: problemText(issue) };
}

/** As {@link readStored}, of JSON text. */
export function readStoredText<S extends z.ZodType>(schema: S, text: string): Stored<z.infer<S>> {
  const value = parseJson(text);
  return value === undefined ? { ok: false, problem: 'it is not JSON' } : readStored(schema, value);
}

/** The value where it is of that form, else undefined: for what may be left out when it cannot be read. */
export function valueIfOf<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> | undefined {
  const read = readStored(schema, value);
  return read.ok ? read.value : undefined;
}

/** The value of JSON text; undefined for a text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first thing that is wrong, with its place. zod names types and what is allowed, and never the value. */
function problemText(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'it is of another form';
  const place = issue.path.map(String).join('.');
  const what = issue.message.replace(/^Invalid (?:input|option|string): /, '');
  return place === '' ? what : `${place}: ${what}`;
}
