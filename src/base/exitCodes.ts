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
