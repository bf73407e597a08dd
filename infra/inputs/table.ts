import type { z } from 'zod';
import { rotationInputs } from './inputs';

/** One input as the documentation lists it. */
export interface InputRow {
  path: string;
  /** The default as JSON; `required` within its group, or nothing for what may be left out. */
  value: string;
  describe: string;
}

/** What of a schema is looked at (zod.dev/library-authors: `_zod.def`). */
export interface Definition {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  defaultValue?: unknown;
  /** Of the items of a list. */
  element?: z.ZodType;
  /** Of the values of a group whose names are free. */
  valueType?: z.ZodType;
}

/** How a schema is built. */
export const definitionOf = (schema: z.ZodType): Definition => schema.def;

/** Every input, groups before what is in them. */
export function inputRows(schema: z.ZodType = rotationInputs, path = ''): InputRow[] {
  const { inner, value, describe } = unwrapped(schema);
  const { shape } = definitionOf(inner);
  const own = path === '' ? [] : [{ path, value, describe }];
  const below = Object.entries(shape ?? {}).flatMap(([key, each]) =>
    inputRows(each, path === '' ? key : `${path}.${key}`),
  );
  return [...own, ...below];
}

/** A schema without what only says that it may be left out, and what its absence means. */
export interface Unwrapped {
  inner: z.ZodType;
  value: string;
  describe: string;
  /** Whether absence means something that is not here: neither required nor with a default. */
  isOptional: boolean;
  defaultValue: unknown;
}

/** Looks into a schema. */
export function unwrapped(schema: z.ZodType): Unwrapped {
  let [inner, value, describe] = [schema, 'required', schema.description ?? ''];
  let isOptional = false;
  let used: unknown;
  for (;;) {
    const { type, innerType, in: input, defaultValue } = definitionOf(inner);
    describe ||= inner.description ?? '';
    if (type === 'optional') [value, isOptional] = ['', true];
    if (type === 'default') used = defaultValue;
    if (type === 'default') value = `\`${JSON.stringify(defaultValue)}\``;
    if (type === 'prefault') value = '';
    const next = type === 'pipe' ? input : innerType;
    if (next === undefined) return { inner, value, describe, isOptional, defaultValue: used };
    inner = next;
  }
}

const [begin, end] = ['<!-- inputs: begin -->', '<!-- inputs: end -->'];

/** The table of all inputs, for docs/platform.md. */
export function inputsTable(): string {
  const lines = inputRows().map(({ path, value, describe }) => `| \`${path}\` | ${value} | ${describe} |`);
  return ['| input | default | meaning |', '|---|---|---|', ...lines].join('\n');
}

/**
 * A document with its table of inputs made anew.
 * @throws Error when the two marks around the table are not there
 */
export function withInputsTable(document: string): string {
  const [before, rest] = document.split(`${begin}\n`);
  const after = rest?.split(`${end}\n`)[1];
  if (before === undefined || after === undefined)
    throw new Error('the marks around the table of inputs are missing');
  return `${before}${begin}\n${inputsTable()}\n${end}\n${after}`;
}
