import { readEntries } from '../history/entries';
import type { PastRotation } from '../history/pastRotation';
import { pastRotations } from '../history/rotations';
import { projectName } from '../settings/settings';
import { failureNotesIn } from './failureNotes';
import { askEngine, engineName } from './readState';
import type { StateFacts } from './stateFacts';
import type { StackLocation } from '../target/location';

/** Updates that are looked at for the last rotation before a sync. */
const mostEntries = 30;

/**
 * Adds what the state itself does not hold and a status tells: why an unfinished rotation stopped, and the last rotation
 * where the last run was a sync. Each takes a call of the engine, made only where it is wanted. What cannot be read is
 * left out: the state is there, and says the rest.
 */
export async function withDetails(
  facts: StateFacts,
  location: StackLocation,
  limitMs: number,
): Promise<StateFacts> {
  const { journal } = facts;
  if (journal?.plan.kind === 'sync') {
    const lastRotation = await lastRotationIn(location, limitMs).catch(() => undefined);
    return { ...facts, lastRotation };
  }
  if (!journal || journal.finished) return facts;
  const failed = await noteOf(journal.plan.id, location, limitMs).catch(() => undefined);
  return { ...facts, failed };
}

async function noteOf(id: string, location: StackLocation, limitMs: number): Promise<StateFacts['failed']> {
  const tags: unknown = await ask(['tag', 'ls'], location, limitMs);
  return typeof tags === 'object' && tags !== null ? failureNotesIn(tags).get(id) : undefined;
}

async function lastRotationIn(location: StackLocation, limitMs: number): Promise<PastRotation | undefined> {
  const pages = ['--page-size', String(mostEntries), '--page', '1'];
  const answer = await ask(['history', ...pages], location, limitMs);
  const entries = readEntries(answer, `${projectName}:plan`);
  return pastRotations(entries, undefined).find(({ kind }) => kind !== 'sync');
}

async function ask(
  command: string[],
  { stack, backendUrl }: StackLocation,
  limitMs: number,
): Promise<unknown> {
  const args = ['stack', ...command, '--json', '--stack', engineName(stack)];
  return JSON.parse(await askEngine(args, backendUrl, limitMs));
}
