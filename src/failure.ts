/**
 * What a run can end with, as exit codes. The numbers below 10 are Pulumi's own
 * (pulumi.com/docs/iac/cli/exit-codes); from 10 on they answer which password is live.
 */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  configuration: 2,
  permission: 3,
  'before-switch': 4,
  cancelled: 8,
  timeout: 9,
  drift: 10,
  locked: 11,
  held: 12,
  'rolled-back': 13,
} as const;

/** The name of an outcome; stable, also in JSON results. */
export type Outcome = keyof typeof exitCodes;

/**
 * An expected end of a run: one sentence for the operator (what is wrong, where, what to do) and the outcome
 * that decides the exit code. Its message never holds a secret.
 */
export class Failure extends Error {
  override readonly name = 'Failure';

  /**
   * @param outcome decides the exit code
   * @param message one sentence, without any secret value
   * @param options `cause` is kept for debugging and is never printed
   */
  constructor(
    readonly outcome: Outcome,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What was thrown, as the end of a run. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = `Unexpected error: ${describeUnknown(error)}. Please report it with this line.`;
  return new Failure('unexpected', message, { cause: error });
}

/** The database does not take a password that nothing uses yet: another one may do. Nothing learned the refused one. */
export class PasswordRefused extends Failure {
  /** @param slot whose password it is */
  constructor(
    outcome: Outcome,
    message: string,
    readonly slot: 'A' | 'B',
    options?: { cause?: unknown },
  ) {
    super(outcome, message, options);
  }
}

/** The restart of this run was undone in the Deployment; a new one may stay. */
export class RestartTaken extends Failure {}

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

const marker = /\[outcome=([a-z-]+)(?: refused=([AB]))?(?: restart=(taken))?\] ?/;

/** The failure as one line that survives the engine's own error text: see {@link failureFromText}. */
export function failureToText(error: unknown): string {
  if (error instanceof PasswordRefused)
    return `[outcome=${error.outcome} refused=${error.slot}] ${error.message}`;
  if (error instanceof RestartTaken) return `[outcome=${error.outcome} restart=taken] ${error.message}`;
  if (error instanceof Failure) return `[outcome=${error.outcome}] ${error.message}`;
  return `[outcome=unexpected] ${describeUnknown(error)}`;
}

/** Finds a failure that a provider process sent through the engine's error text. */
export function failureFromText(text: string): Failure | undefined {
  const found = marker.exec(text);
  const outcome = found?.[1];
  if (!found || outcome === undefined || !Object.hasOwn(exitCodes, outcome)) return undefined;
  const line = text.slice(found.index + found[0].length).split('\n')[0] ?? '';
  const slot = found[2];
  if (slot === 'A' || slot === 'B') return new PasswordRefused(outcome as Outcome, line.trim(), slot);
  return found[3] === undefined
    ? new Failure(outcome as Outcome, line.trim())
    : new RestartTaken(outcome as Outcome, line.trim());
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
