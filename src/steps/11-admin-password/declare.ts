import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';

/** Step 11. */
export function adminSteps(chain: Chain, { plan, material }: PlannedRotation, settings: StepSettings): void {
  const { context, idleGraceSeconds: graceSeconds, idleLimitSeconds: limitSeconds } = settings;
  const left = material.before.sqlconf.username === plan.adminUsername;
  chain.dynamic('AdminPassword', resourceNames.adminPassword(plan.id), {
    context,
    rotation: plan.id,
    graceSeconds,
    limitSeconds,
    ...(left ? { oldLoginSeconds: settings.oldLoginSeconds } : {}),
  });
}
