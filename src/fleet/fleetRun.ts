import { z } from 'zod';
import { readStoredText } from '../base/stored';
import { endedSince, isAhead } from '../rotation/age';
import type { RotationPlan } from '../rotation/rotationPlan';
import type { MemberOutcome } from '../rotation/ends';
import { outcomes } from '../rotation/ends';
import { moves, renews } from '../rotation/kinds';
import { isWell } from './outcome';

const memberOutcomes: readonly (MemberOutcome | 'running')[] = [
  ...outcomes,
  'not-due',
  'not-started',
  'killed',
  'running',
];

const fleetRunSchema = z.object({
  formatVersion: z.literal(1),
  /** Names the folder of its logs. */
  id: z.string().regex(/^[0-9-]+$/),
  /** ISO time. What was rotated since then was rotated in this run. */
  startedAt: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'it is no time'),
  deployments: z.record(z.string(), z.literal(memberOutcomes)),
});

/** A fleet run as its journal says it: which run this is, and what came of each deployment so far. */
export type FleetRun = z.infer<typeof fleetRunSchema>;

/** How old a run may be that is taken up, in ms: a schedule of once a day begins a new one each time. */
export const resumeLimitMs = 12 * 3_600_000;

/** How a run that did not end well is continued; after its limit the same command begins a new one. */
export function howToContinue(startedAt: string, now: Date): string {
  const anywhere = `with --since ${startedAt}`;
  const until = new Date(Date.parse(startedAt) + resumeLimitMs);
  if (until <= now) return `Run the same command again ${anywhere} to continue, and without --anew.`;
  return `Run the same command again before ${until.toISOString()}, without --anew, to continue, or on any machine ${anywhere}.`;
}

/** How to find the run that this one is. */
export interface RunChoice {
  names: readonly string[];
  journal: FleetRun | undefined;
  now: Date;
  /** Given by the operator: what was rotated since then counts. */
  since?: Date;
  /** Begin a new run whatever the journal says. */
  anew: boolean;
}

/**
 * The run that this one is: the run of the journal when it did not end well and is young enough, else a new one. The
 * journal only says when the run began; what was rotated since then is said by each deployment's own state.
 */
export function chooseRun({ names, journal, now, since, anew }: RunChoice): FleetRun & { resumed: boolean } {
  const waiting = Object.fromEntries(names.map((name): [string, MemberOutcome] => [name, 'not-started']));
  if (since === undefined && !anew && journal && isOpen(journal) && ageOf(journal, now) < resumeLimitMs)
    return { ...journal, deployments: { ...journal.deployments, ...waiting }, resumed: true };
  const startedAt = since ?? now;
  return {
    formatVersion: 1,
    id: runId(now),
    startedAt: startedAt.toISOString(),
    deployments: waiting,
    resumed: since !== undefined,
  };
}

function isOpen({ deployments }: FleetRun): boolean {
  return Object.values(deployments).some((outcome) => outcome === 'running' || !isWell(outcome));
}

/** Clocks differ a little; a begin that is further in the future says nothing, and its run is not taken up. */
function ageOf({ startedAt }: FleetRun, now: Date): number {
  if (isAhead(new Date(startedAt), now)) return Infinity;
  return Math.max(0, now.getTime() - Date.parse(startedAt));
}

function runId(now: Date): string {
  return now.toISOString().replace(/[-:]/g, '').replace('T', '-').replace('.', '-').slice(0, 19);
}

/** What a deployment's own state says of its last rotation. */
export interface LastRotation {
  plan: Pick<RotationPlan, 'id' | 'kind' | 'from' | 'to' | 'startedAt'>;
  /** ISO time; a saved plan may have waited before. */
  begunAt?: string;
  /** ISO time of its last step. */
  endedAt?: string;
  finished: boolean;
}

/** What a run finds before it begins one deployment. */
export type Found = 'unfinished' | 'rotated' | 'to-do';

/**
 * Judges a deployment's last rotation: to be finished first, done in this run already, or to do. A begin in the future
 * is no proof that it was done.
 */
export function judgeLast(last: LastRotation | undefined, since: Date, now = new Date()): Found {
  if (last === undefined || !moves(last.plan.kind)) return 'to-do';
  if (!last.finished) return 'unfinished';
  const begun = new Date(last.begunAt ?? last.plan.startedAt);
  if (!renews(last.plan.kind) || isAhead(begun, now)) return 'to-do';
  // One that was held before this run, and that this run has finished, has its work done.
  return begun >= since || endedSince(last.endedAt, since, now) ? 'rotated' : 'to-do';
}

/**
 * The `--if-older-than` of each rotation: the age of the fleet file, or else the begin of the run, so that nothing is
 * rotated twice in one run, whatever the journal or the state has lost.
 */
export function dueSince(ageText: string | undefined, ageMs: number, since: Date, now: Date): string {
  const oldEnough = now.getTime() - ageMs;
  return ageText !== undefined && oldEnough <= since.getTime() ? ageText : since.toISOString();
}

/** Reads a journal; undefined when the text is none of this format version. */
export function parseFleetRun(text: string): FleetRun | undefined {
  const read = readStoredText(fleetRunSchema, text);
  return read.ok ? read.value : undefined;
}
