import type { z } from 'zod';
import type { CheckedInputs } from './inputs';
import { rotationInputs } from './inputs';
import { brokenRules } from './rules';

/** Inputs that cannot be used. Each problem is one sentence: which input, what is wrong, what to do. */
export class InputProblems extends Error {
  override readonly name = 'InputProblems';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Checks the inputs and fills in the defaults.
 * @throws InputProblems with every problem at once
 */
export function readInputs(given: unknown): CheckedInputs {
  const { success, data, error } = rotationInputs.safeParse(given);
  if (!success) throw new InputProblems(error.issues.flatMap((issue) => sentences(issue, given)));
  const problems = brokenRules(data);
  if (problems.length > 0) throw new InputProblems(problems);
  return data;
}

function sentences(issue: z.core.$ZodIssue, given: unknown): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(
      (key) =>
        `${path === '' ? key : `${path}.${key}`} is no input; remove it, or see docs/platform.md for its name.`,
    );
  const what = path === '' ? 'The inputs' : path;
  if (issue.code === 'invalid_key')
    return [`${what} cannot be used as a name; give ${issue.issues[0]?.message ?? 'another name'}.`];
  return [`${what} ${state(valueAt(given, issue.path), issue.path.at(-1))}; give ${issue.message}.`];
}

/** What is there; a password is never shown, and neither is anything large. */
function state(value: unknown, key: PropertyKey | undefined): string {
  if (value === undefined || value === null) return 'is missing';
  if (key === 'password') return 'is plain text';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return `is ${JSON.stringify(value)}`;
  return 'is not right';
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    given,
  );
}
