import type { Outcome } from './exitCodes';
import { awsCodes } from './codes/aws';
import type { Cause, CodeFacts } from './codes/cause';
import { commandCodes } from './codes/command';
import { databaseCodes } from './codes/database';
import { engineCodes } from './codes/engine';
import { kubernetesCodes } from './codes/kubernetes';
import { openemrCodes } from './codes/openemr';

/** Every code, by what it is about. The names are a public contract (JSON): they never change. */
export const codeGroups = {
  'Command and run': commandCodes,
  'AWS and Secrets Manager': awsCodes,
  Database: databaseCodes,
  Kubernetes: kubernetesCodes,
  'sqlconf.php and health': openemrCodes,
  'Pulumi engine, state and proxy': engineCodes,
} as const;

const all = {
  ...commandCodes,
  ...awsCodes,
  ...databaseCodes,
  ...kubernetesCodes,
  ...openemrCodes,
  ...engineCodes,
};

/** Why something failed, in one word for programs. */
export type FailureCode = keyof typeof all;

/** The facts of each code. */
export const failureCodes: Record<FailureCode, CodeFacts> = all;

const exits: Record<Cause, Outcome> = {
  usage: 'configuration',
  configuration: 'configuration',
  permission: 'permission',
  unreachable: 'before-switch',
  refused: 'before-switch',
  changed: 'before-switch',
  ill: 'before-switch',
  locked: 'locked',
  stopped: 'cancelled',
  outdated: 'drift',
  forged: 'drift',
  undecided: 'held',
  unexpected: 'unexpected',
};

/** With what a run ends that has switched nothing. */
export function exitOf(code: FailureCode): Outcome {
  return exits[failureCodes[code].cause];
}

/** Reads a code; undefined for any other text. */
export function failureCode(text: string): FailureCode | undefined {
  return Object.hasOwn(failureCodes, text) ? (text as FailureCode) : undefined;
}
