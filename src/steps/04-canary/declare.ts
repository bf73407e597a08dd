import * as pulumi from '@pulumi/pulumi';
import { defaultCanaryLimitSeconds } from '../../rotation/canary';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';
import type { TargetLogin } from '../targetLogin';

/** Step 4, its last part: a pod on the new login. Only where the plan has one. */
export function canaryStep(
  chain: Chain,
  { plan, material }: PlannedRotation,
  settings: StepSettings,
  { username, host, port, dbname, password }: TargetLogin,
): void {
  if (plan.canary === undefined) return;
  const { context, run, healthUrl, healthCaFile, canaryLimitSeconds } = settings;
  const inputs = {
    context,
    run,
    rotation: plan.id,
    mode: plan.canary,
    active: material.before.sqlconf.username,
    username,
    host,
    port,
    dbname,
    password,
    answersInARow: settings.healthAnswersInARow,
    limitSeconds: canaryLimitSeconds ?? defaultCanaryLimitSeconds,
    // A query may be a token.
    ...(healthUrl === undefined ? {} : { healthUrl: pulumi.secret(healthUrl) }),
    ...(healthCaFile === undefined ? {} : { healthCaFile }),
    ...(plan.health === undefined ? {} : { before: plan.health }),
  };
  chain.dynamic('CanaryProof', resourceNames.canary(plan.id), inputs, ['password', 'healthUrl']);
}
