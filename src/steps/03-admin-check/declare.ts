import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';

/** Step 3. */
export function adminCheckStep(
  chain: Chain,
  { plan }: PlannedRotation,
  { context, run }: StepSettings,
): void {
  chain.dynamic('AdminCheck', resourceNames.adminCheck(plan.id), { context, rotation: plan.id, run });
}
