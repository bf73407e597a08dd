import type { Stack } from '@pulumi/pulumi/automation';
import type { PastFailure, PastSteps } from '../rotation/stepTimes';
import { readStoredText } from '../base/stored';
import { pastFailureSchema } from '../rotation/storedPlan';
import { effect } from '../base/effect';

/**
 * A tag of the stack for each rotation that did not end well, with its id behind this. An entry of the history is
 * written as it was begun, so that the reason cannot stand in it; a tag lies beside the state, wherever that is kept.
 */
const tagPrefix = 'failure:';

/**
 * Keeps why an update failed, for the history. A rotation that was rolled back needs none: its rollback's plan says it.
 * Never throws: the run has its end already.
 * @param guard throws when the run has lost its lock, and must not write
 */
export async function noteFailure(
  stack: Stack,
  { id, failed }: PastSteps,
  guard: () => Promise<void> = async () => undefined,
): Promise<void> {
  if (failed === undefined) return;
  try {
    await guard();
    await effect('note: failure', () => stack.setTag(`${tagPrefix}${id}`, JSON.stringify(failed)));
  } catch {
    // The state's backend may be what failed.
  }
}

/** Why rotations failed, by their ids; empty where that cannot be read. */
export function readableFailureNotes(stack: Stack): Promise<Map<string, PastFailure>> {
  return readFailureNotes(stack).catch(() => new Map());
}

/** Why rotations failed, by their ids. @throws the engine's own error: what is signed must not depend on a reading that failed */
export async function readFailureNotes(stack: Stack): Promise<Map<string, PastFailure>> {
  return failureNotesIn(await stack.listTags());
}

/** The reasons in the tags of a stack, by the rotations' ids. */
export function failureNotesIn(tags: object): Map<string, PastFailure> {
  const notes = new Map<string, PastFailure>();
  for (const [name, value] of Object.entries(tags)) {
    if (!name.startsWith(tagPrefix)) continue;
    const read = readStoredText(pastFailureSchema, String(value));
    if (read.ok) notes.set(name.slice(tagPrefix.length), read.value);
  }
  return notes;
}
