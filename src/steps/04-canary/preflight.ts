import type { Failure } from '../../base/failure';
import type { Kubernetes } from '../../kubernetes/kubernetes';
import { canaryRights } from '../../kubernetes/rights';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import type { SavedPlan } from '../../rotation/savedPlan';
import { missingRightText, unprovedFailure, unprovedNotice } from './texts';

/** What is known of the canary before anything is done. */
export interface CanaryLook {
  planned: PlannedRotation;
  /** Why a rotation that requires it must not begin. */
  problem?: Failure;
  /** Why there is none, a sentence without its full stop. */
  notice?: string;
}

/**
 * The plan with its canary, as far as this identity may make one; a plan without it rotates as ever. One that was saved
 * keeps what it had: its engine's plan holds it fast. Writes nothing.
 */
export async function withCanary(
  planned: PlannedRotation,
  kubernetes: Pick<Kubernetes, 'target' | 'missingRights'>,
  saved: SavedPlan | undefined,
): Promise<CanaryLook> {
  const { canary: wanted, ...without } = planned.plan;
  const { material } = planned;
  if (saved) {
    const { canary } = saved.plan;
    return { planned: { plan: canary === undefined ? without : { ...without, canary }, material } };
  }
  if (wanted === undefined) return { planned };
  const [lacking] = await kubernetes.missingRights(canaryRights(kubernetes.target).pods);
  if (lacking === undefined) return { planned };
  const to = planned.plan.to === 'other' ? material.before.sqlconf : material.logins[planned.plan.to];
  const who = { username: to.username, active: material.before.sqlconf.username };
  const why = missingRightText(lacking.verb);
  if (wanted === 'require') return { planned, problem: unprovedFailure(why, who) };
  return { planned: { plan: without, material }, notice: unprovedNotice(why, who) };
}
