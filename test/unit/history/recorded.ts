import { repositoryText } from '../docs/readme';

/**
 * What a real engine answered in a lab, in this order: rotated; rolled back (the health page said 500); killed before
 * step 8 and finished by the next run; failed at step 9 and finished; failed at step 10 and finished; rotated.
 */
export const recorded = JSON.parse(repositoryText('test', 'unit', 'history', 'recorded.json')) as {
  history: unknown[];
  /** Exported states, after the runs of these names. */
  states: Record<'rolled-back' | 'killed' | 'held' | 'rotated2', { resources: object[] }>;
};
