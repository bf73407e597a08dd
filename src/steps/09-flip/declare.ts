import type { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion';
import { timesAgainBeforeFlip } from '../../rotation/remint';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';

/** Step 9: the flipped document becomes current. */
export function flipStep(
  chain: Chain,
  { plan }: PlannedRotation,
  { context }: StepSettings,
  version: SecretVersion,
  renewalVersion?: SecretVersion,
): void {
  const { slotSecretArn: secretArn, slotSecretVersionId, againFrom = slotSecretVersionId } = plan;
  const again = timesAgainBeforeFlip(plan);
  chain.dynamic('Promotion', resourceNames.flip(plan.id, again), {
    context,
    secretArn,
    from: again === 0 ? slotSecretVersionId : againFrom,
    to: version.versionId,
    ...(renewalVersion ? { later: renewalVersion.versionId } : {}),
    what: 'flip active_slot',
  });
}
