import { Output } from '@pulumi/pulumi';
import type { Input } from '@pulumi/pulumi';
import { z } from 'zod';
import type { Check } from './checks';

/** A text that must be known when the program starts. */
export function text(check: Check, describe: string) {
  return z
    .string({ error: () => check.expected })
    .refine(check.test, { error: check.expected })
    .meta({ description: describe, ...patternOf(check) });
}

/** For JSON Schema, which knows nothing of functions. */
function patternOf({ pattern }: Check): { checkPattern?: string } {
  return pattern === undefined ? {} : { checkPattern: pattern.source };
}

/**
 * A text that may also come from another resource. What is known is checked at once, the rest when it is known, which
 * is still before the resource that it is for.
 * @param path where it stands in the inputs, for the sentence
 */
export function late(check: Check, path: string, describe: string) {
  return z
    .custom<Input<string>>(
      (value) => Output.isInstance(value) || (typeof value === 'string' && check.test(value)),
      {
        error: () => check.expected,
      },
    )
    .transform((value) =>
      Output.isInstance(value) ? value.apply((known) => checked(check, path, known)) : value,
    )
    .meta({ description: describe, type: 'string', ...patternOf(check) });
}

function checked(check: Check, path: string, value: unknown): string {
  if (typeof value === 'string' && check.test(value)) return value;
  throw new Error(`${path} is ${JSON.stringify(value)}; give ${check.expected}.`);
}

/** A whole number in these bounds. */
export function whole(least: number, most: number, describe: string) {
  const expected = `a whole number from ${least} to ${most}`;
  return z
    .int({ error: () => expected })
    .min(least, { error: expected })
    .max(most, { error: expected })
    .describe(describe);
}

/** A switch. */
export function onOff(describe: string) {
  return z.boolean({ error: () => 'true or false' }).describe(describe);
}

/** Several texts. */
export function list(check: Check, describe: string) {
  const item = z
    .string({ error: () => check.expected })
    .refine(check.test, { error: check.expected })
    .meta(patternOf(check));
  return z.array(item, { error: () => `a list, each ${check.expected}` }).describe(describe);
}

/** Inputs that belong together; a key that is not among them is refused. */
export function group<T extends z.core.$ZodLooseShape>(shape: T, describe: string) {
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'a group of inputs'),
    })
    .describe(describe);
}
