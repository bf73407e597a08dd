import { isAhead } from '../rotation/age';
import type { Entry, Finding } from './form';
import type { Records } from './records';

/**
 * What an auditor should know of entries that stand one after the other: what is missing between them, and times that
 * cannot be. By the entries alone, so that who verifies a file finds the same.
 * @param first whether the first one here is the first of the history
 */
export function findingsIn(entries: readonly Entry[], now: Date, first: boolean): Finding[] {
  const found: Finding[] = [];
  const known = new Set<string>();
  entries.forEach((entry, index) => {
    const add = (code: Finding['code'], text: string): void =>
      void found.push({ code, rotation: entry.id, text });
    const { id, follows, rollback, startedAt, endedAt, final, outcome } = entry;
    if (follows !== null && !known.has(follows) && (index > 0 || first))
      add(
        index === 0 ? 'history-begins-late' : 'plan-missing',
        `Rotation ${id} was planned after ${follows}, which is not in the history: it was removed, or never recorded.`,
      );
    [id, rollback?.id].forEach((each) => each !== undefined && known.add(each));
    const before = entries[index - 1];
    const wasLater = before !== undefined && before.startedAt > startedAt;
    if (wasLater || (endedAt !== null && endedAt < startedAt))
      add(
        'times-disagree',
        `The times of ${id} disagree with those ${wasLater ? 'of the rotation before' : 'of its own runs'}: a clock was changed, or a time was.`,
      );
    if (isAhead(new Date(startedAt), now) || entry.renewed.some(({ at }) => isAhead(new Date(at), now)))
      add('in-the-future', `A time of ${id} is in the future of the clock that this was made by.`);
    if (!final)
      add('not-final', `Rotation ${id} is ${outcome}: a run may still finish it, and its entry may change.`);
    if (entry.proofs === null && ['rotated', 'done', 'rolled-back'].includes(outcome))
      add(
        'proofs-missing',
        `What the proofs of ${id} measured was not recorded by the version that carried it out.`,
      );
  });
  return found;
}

/** What an auditor should know of the history and the state behind the entries. */
export function findingsOf({ last, others, versions }: Records, entries: readonly Entry[]): Finding[] {
  const found: Finding[] = [];
  const add = (code: Finding['code'], text: string, rotation: string | null = null): void =>
    void found.push({ code, rotation, text });
  if (entries.length === 0) add('no-rotation', 'The history and the state have no rotation.');
  const newest = entries.at(-1);
  if (newest && last === undefined)
    add('state-missing', 'The history has rotations, and the state holds none: it was removed or replaced.');
  if (newest && last && ![newest.id, newest.rollback?.id].includes(last.plan.id))
    add(
      'state-older',
      `The state is that of ${last.plan.id}, and the history has ${newest.id} after it: an older state was put back, or a run ended before its first write.`,
      newest.id,
    );
  const numbers = versions.filter((version) => version > 0).sort((one, other) => one - other);
  const gaps = numbers.filter((version, index) => index > 0 && version !== (numbers[index - 1] ?? 0) + 1);
  if ((numbers[0] ?? 1) !== 1 || gaps.length > 0)
    add(
      'updates-missing',
      'The numbers of the updates in the history do not count up from 1 without a gap: updates were removed.',
    );
  for (const { kind, startedAt } of others)
    add(
      'update-by-others',
      `At ${startedAt} somebody changed the state by another way than this tool: ${kind}.`,
    );
  return found;
}
