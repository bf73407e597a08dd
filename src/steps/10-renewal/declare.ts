import type { SecretVersion } from '@pulumi/aws/secretsmanager/secretVersion';
import type * as pulumi from '@pulumi/pulumi';
import { timesAgain } from '../../rotation/remint';
import type { Slot } from '../../rotation/slot';
import { userOfSlot } from '../04-users/declare';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';

/** Step 10: the account that was left is idle, gets the new password, and the document that holds it becomes current. */
export function renewSteps(
  chain: Chain,
  planned: PlannedRotation,
  settings: StepSettings,
  renewal: {
    slot: Slot;
    flipVersion: SecretVersion;
    renewalVersion: SecretVersion;
    password: pulumi.Output<string>;
  },
): void {
  const { plan, material } = planned;
  const { context, run, oldLoginSeconds } = settings;
  const { idleGraceSeconds: graceSeconds, idleLimitSeconds: limitSeconds } = settings;
  const { slot, flipVersion, renewalVersion, password } = renewal;
  const { username } = material.logins[slot];
  const alsoWatch = plan.rotateAdmin ? { alsoWatch: plan.adminUsername } : {};
  const idle = { context, run, username, graceSeconds, limitSeconds, oldLoginSeconds, ...alsoWatch };
  chain.dynamic('IdleProof', resourceNames.idle(plan.id), idle);
  userOfSlot(chain, planned, settings, {
    slot,
    password,
    like: plan.to === 'other' ? undefined : material.logins[plan.to].username,
    oldPassword: settings.keepOldPassword === true ? 'keep' : 'end',
    limitSeconds,
  });
  const again = timesAgain(plan, slot);
  chain.dynamic('Promotion', resourceNames.renewal(plan.id, again), {
    context,
    secretArn: plan.slotSecretArn,
    // What was current when a password was made again may be an earlier renewal of this plan.
    from: again === 0 ? flipVersion.versionId : (plan.againFrom ?? flipVersion.versionId),
    to: renewalVersion.versionId,
    what: 'promote the renewal',
  });
}
