import { z } from 'zod';
import { Failure } from '../base/failure';
import { shownUrl } from '../base/urlPassword';
import type { OtherUpdate, Records } from '../evidence/records';
import { readEntries } from '../history/entries';
import { engineFailure } from './failure';
import { readFailureNotes } from './failureNotes';
import { readPages, stateOfLast } from './history';
import { readingAt } from './readingPlace';
import { openStackIfThere, planKey } from './workspace';
import type { StackLocation } from '../target/location';

/** An update in the history (auto.UpdateSummary), as far as it is counted. */
const updateSchema = z.object({
  kind: z.string(),
  version: z.number().catch(0),
  startTime: z.coerce.date(),
});

/**
 * All that a stack remembers of its rotations.
 * @throws Failure when backend or state cannot be read, or no such stack is there
 */
export function readRecords(location: StackLocation): Promise<Records> {
  return readingAt(location, async (at) => {
    const opened = await openStackIfThere(at);
    if (!opened)
      throw new Failure(
        'setting-invalid',
        `The stack ${location.stack} is not in ${shownUrl(location.backendUrl)}: there is nothing to give evidence of. Check --stack and --backend-url.`,
      );
    const [updates, failures] = await Promise.all([
      readPages(opened.stack, at),
      readFailureNotes(opened.stack).catch((error: unknown) => {
        throw engineFailure(error, location);
      }),
    ]);
    return { ...recordsOf(updates, location.stack), last: stateOfLast(opened.deployment), failures };
  });
}

/** Tells the updates of rotations from those of others. Pure. */
export function recordsOf(
  updates: readonly unknown[],
  stack: string,
): Pick<Records, 'stack' | 'entries' | 'others' | 'versions'> {
  const read = updates.map((update) => ({
    update,
    about: updateSchema.safeParse(update).data,
    entries: readEntries([update], planKey),
  }));
  const ours = read.filter(({ about, entries }) => about?.kind === 'update' && entries.length > 0);
  const others = read.filter((each) => !ours.includes(each));
  return {
    stack,
    entries: ours.flatMap(({ entries }) => entries),
    others: others.map(({ about }): OtherUpdate => ({
      kind: about?.kind ?? 'unknown',
      startedAt: about?.startTime.toISOString() ?? 'an unknown time',
    })),
    versions: read.map(({ about }) => about?.version ?? 0),
  };
}
