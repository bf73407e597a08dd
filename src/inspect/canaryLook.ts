import { defaultCanaryLimitSeconds } from '../rotation/canary';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { CanaryLook, CanaryQuestions } from '../steps/04-canary/preflight';
import { withCanary } from '../steps/04-canary/preflight';
import type { PreflightAround } from '../steps/preflight';
import type { ProgramSettings } from '../target/programSettings';

/**
 * What a run would find about its canary before it begins; undefined where it tries none: the plan has none, OpenEMR is
 * down, or it is on the new login already. Writes nothing.
 * @throws what the API server's client throws when the rights cannot be asked for
 */
export async function canaryLook(
  planned: PlannedRotation,
  kubernetes: CanaryQuestions,
  { context, canaryLimitSeconds }: Pick<ProgramSettings, 'context' | 'canaryLimitSeconds'>,
  { isDown, readsOnly = false }: Pick<PreflightAround, 'isDown' | 'readsOnly'>,
): Promise<CanaryLook | undefined> {
  if (isDown || planned.plan.canary === undefined) return undefined;
  return withCanary(planned, kubernetes, undefined, {
    site: context.site,
    limitSeconds: canaryLimitSeconds ?? defaultCanaryLimitSeconds,
    readsOnly,
  });
}
