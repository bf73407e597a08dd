import type { PastReason, PastRotation } from '../../history/pastRotation';
import type { PastFailure } from '../../rotation/stepTimes';
import type { PlanResult } from '../../rotation/planRotation';
import { endOfFinished, isFinished } from '../../rotation/ends';
import { valueOf } from '../../base/part';
import type { StatusFacts } from './facts';
import type { RotationReport } from './report';

/**
 * The last rotation, by the state; where the last run was a sync, which moves nothing, by the history. Pure.
 * @param planned what a run would do now: it says whether an unfinished rotation will be finished
 */
export function lastRotationOf(
  { state }: StatusFacts,
  planned: PlanResult | undefined,
): RotationReport | null {
  const { journal, changedAt, failed, lastRotation } = valueOf(state) ?? {};
  if (!journal) return null;
  if (journal.plan.kind === 'sync') return lastRotation ? ofHistory(lastRotation) : null;
  const { id, kind, from, to, undoes = null, previous } = journal.plan;
  const startedAt = journal.begunAt ?? journal.plan.startedAt;
  const endedAt = journal.finished ? (journal.endedAt ?? changedAt?.toISOString() ?? null) : null;
  const open = planned?.kind === 'planned' && !planned.resumed ? 'given-up' : 'unfinished';
  const undone = kind === 'rollback' && previous?.id === undoes ? previous?.failed : undefined;
  const failure = reasonOf(journal.finished ? undone : (failed ?? undone));
  return {
    id,
    kind,
    from,
    to,
    undoes,
    startedAt,
    endedAt,
    end: journal.finished ? endOfFinished(kind) : open,
    failure,
  };
}

function reasonOf(failed: PastFailure | undefined): PastReason | null {
  return failed ? { step: failed.step ?? null, message: failed.message } : null;
}

/** A rotation before a sync: whatever it left open was given up by that. */
function ofHistory(rotation: PastRotation): RotationReport {
  const { id, kind, from, to, undoes, startedAt, endedAt, result, rollback, failure } = rotation;
  if (rollback?.succeeded === true)
    return {
      ...{ id: rollback.id, kind: 'rollback', from: to, to: from, undoes: id, startedAt, endedAt },
      ...{ end: 'rolled-back', failure },
    };
  const finished = isFinished(result);
  const end = finished ? endOfFinished(kind) : 'given-up';
  return { id, kind, from, to, undoes, startedAt, endedAt, end, failure: finished ? null : failure };
}
