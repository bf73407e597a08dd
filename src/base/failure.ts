import { exitCodes } from './exitCodes';
import type { Outcome } from './exitCodes';
import type { FailureCode } from './failureCodes';
import { exitOf, failureCode } from './failureCodes';

export { exitCodes } from './exitCodes';
export type { Outcome } from './exitCodes';
export type { FailureCode } from './failureCodes';

/**
 * An expected failure: its code says why, one sentence says it to the operator (what is wrong, where, what to do). It
 * never says how the run ends: that is decided in `src/rotation/policy.ts`. Its message never holds a secret.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** Why; for programs. */
  readonly code: FailureCode;
  /** For `password-refused`: whose password it is. */
  readonly slot: 'A' | 'B' | undefined;
  /** With what a run ends by it that has switched nothing; of an {@link Ended} one, with what it did end. */
  readonly outcome: Outcome;

  /**
   * @param code why it is one, from the table of codes
   * @param message one sentence, without any secret value
   * @param options `cause` is kept for debugging and is never printed; `outcome` is of several failures that are one
   */
  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; slot?: 'A' | 'B' | undefined; outcome?: Outcome } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.slot = options.slot;
    this.outcome = options.outcome ?? exitOf(code);
  }

  /** The same failure, said in other words. */
  saying(message: string): Failure {
    return new Failure(this.code, message, { cause: this.cause, outcome: this.outcome });
  }
}

/** The end of a run: a failure, and what policy made of it. Its message says which login is live. */
export class Ended extends Failure {
  /**
   * @param outcome decides the exit code
   * @param why the failure that led to it
   * @param message one sentence, with the login that is live
   */
  constructor(outcome: Outcome, why: Pick<Failure, 'code' | 'cause'>, message: string) {
    super(why.code, message, { cause: why.cause, outcome });
  }
}

function isOutcome(text: string): text is Outcome {
  return Object.hasOwn(exitCodes, text);
}

/** What was thrown, as the end of a run. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = `Unexpected error: ${describeUnknown(error)}. Please report it with this line.`;
  return new Failure('unexpected-error', message, { cause: error });
}

/**
 * With what a run ends that several problems stop: a lock that is held comes first, for it passes by itself, then what
 * somebody must grant, then what must be corrected, then what is ill by itself.
 */
export function jointOutcome(problems: readonly { outcome: Outcome | null }[]): Outcome {
  const has = (outcome: Outcome): boolean => problems.some((problem) => problem.outcome === outcome);
  if (problems.length === 0) return 'done';
  if (has('locked')) return 'locked';
  if (has('permission')) return 'permission';
  return problems.every(({ outcome }) => outcome === 'before-switch') ? 'before-switch' : 'configuration';
}

/** Why a run ends that several problems stop: the code of the first that {@link jointOutcome} goes by. */
export function decidingCode(problems: readonly Failure[]): FailureCode | undefined {
  const outcome = jointOutcome(problems);
  return (problems.find((problem) => problem.outcome === outcome) ?? problems[0])?.code;
}

const marker = /\[outcome=([a-z-]+)(?: code=([a-z-]+))?(?: refused=([AB]))?\] ?/;

/** Masks what must not be shown in a sentence. */
type Clean = (sentence: string) => string;

const asItIs: Clean = (sentence) => sentence;

/**
 * The failure as one line that survives the engine's own error text: see {@link failureFromText}.
 * @param clean is done to the sentence alone: a secret that is a word of ours must not hide how the run ends
 */
export function failureToText(error: unknown, clean = asItIs): string {
  if (!(error instanceof Failure))
    return `[outcome=unexpected code=unexpected-error] ${clean(describeUnknown(error))}`;
  const more = error.slot === undefined ? '' : ` refused=${error.slot}`;
  return `[outcome=${error.outcome} code=${error.code}${more}] ${clean(error.message)}`;
}

/**
 * Finds a failure that a provider process sent through the engine's error text; one of an older version has no code.
 * @param clean is done to the sentence alone, before it is cut off
 */
export function failureFromText(text: string, clean = asItIs): Failure | undefined {
  const found = marker.exec(text);
  const outcome = found?.[1];
  if (!found || outcome === undefined || !isOutcome(outcome)) return undefined;
  const sentence = clean(text.slice(found.index + found[0].length));
  const line = (sentence.split('\n')[0] ?? '').trim();
  const code = failureCode(found[2] ?? '') ?? 'uncoded';
  const slot = found[3];
  return new Failure(code, line, { outcome, slot: slot === 'A' || slot === 'B' ? slot : undefined });
}

/**
 * The kind of an unknown error in one line. Only its name and code: the message of a driver's error may
 * quote the statement, password included.
 */
export function describeUnknown(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const at =
    error.stack
      ?.split('\n')
      .find((line) => line.includes('    at '))
      ?.trim() ?? '';
  return `${error.name}${code} ${at}`.trim();
}
