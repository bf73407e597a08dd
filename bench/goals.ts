import type { Measured } from './measure';
import { countsOf } from './phases';

/** A number that the benchmark compares with what is wanted. */
export interface Goal {
  name: string;
  limit: number;
  unit: string;
  /** Why it cannot be met, where that is known; shown when it is missed. */
  reason?: string;
}

/** Goals on two cores (issue 7; the way back: issue 17). */
export const goals = {
  rotation: { name: 'overhead of a rotation, median', limit: 3, unit: 's' },
  preview: { name: 'dry run, median', limit: 1.5, unit: 's' },
  status: { name: 'status, median', limit: 0.6, unit: 's' },
  help: { name: '--help, median', limit: 0.15, unit: 's' },
  engineCalls: { name: 'engine calls of a rotation', limit: 3, unit: '' },
  slotWrites: { name: 'Secrets Manager writes, slot secret', limit: 4, unit: '' },
  writes: {
    name: 'Secrets Manager writes, both secrets',
    limit: 4,
    unit: '',
    reason:
      'Each of the three documents (after the flip, after the renewal, the new admin password) is stored before the database learns ' +
      'it and made current after it has logged in: two writes each, and one takes the label of the new admin version away. One API call moves one label.',
  },
  wayBack: {
    name: 'requests of a minute, at 10/s, that fail before the way back, at most',
    limit: 60,
    unit: '',
  },
  connections: { name: 'database connections at once', limit: 3, unit: '' },
  memory: {
    name: 'peak memory of the process tree',
    limit: 450,
    unit: 'MiB',
  },
} satisfies Record<string, Goal>;

/** How a number stands to its goal, and the reason when it is missed. */
export function judged(goal: Goal, value: number, reason = goal.reason): string {
  const digits = goal.unit === 's' ? 2 : 0;
  const met = value <= goal.limit;
  const line =
    `${met ? '✓' : '✗'} ${goal.name}: ${value.toFixed(digits)} ${goal.unit} (goal ${goal.limit} ${goal.unit})`.replace(
      / +\)/,
      ')',
    );
  return met || reason === undefined ? line : `${line}\n    ${reason}`;
}

/** The counts that are the same in each run of a sound rotation: a test holds them. */
export function deterministicCounts(run: Measured): {
  engineCalls: number;
  slotWrites: number;
  adminWrites: number;
  connections: number;
} {
  const counts = countsOf(run);
  const writes = run.aws.filter(
    ({ write, stages }) => write && !stages.includes('CREDENTIAL_ROTATION_PROBE'),
  );
  const slotWrites = writes.filter(({ secretId }) => secretId?.endsWith('/slots') === true).length;
  return {
    engineCalls: counts['engine calls'],
    slotWrites,
    adminWrites: writes.length - slotWrites,
    connections: counts['database connections at once'],
  };
}
