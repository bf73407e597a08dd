import * as pulumi from '@pulumi/pulumi';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';
import type { TargetLogin } from '../targetLogin';

/** Step 8: the proof that the database and OpenEMR work with the new login. */
export function healthStep(
  chain: Chain,
  { plan }: PlannedRotation,
  settings: StepSettings,
  { username, host, port, dbname, password }: TargetLogin,
  kubernetesSecret: pulumi.Output<Record<string, string>>,
): void {
  const { context, run, healthUrl, healthCaFile } = settings;
  const health = {
    context,
    run,
    token: plan.restartToken,
    username,
    host,
    port,
    dbname,
    password,
    kubernetesSecret,
    answersInARow: settings.healthAnswersInARow,
    limitSeconds: settings.healthLimitSeconds,
    kind: plan.kind,
    // A query may be a token.
    ...(healthUrl === undefined ? {} : { healthUrl: pulumi.secret(healthUrl) }),
    ...(healthCaFile === undefined ? {} : { healthCaFile }),
    ...(plan.health === undefined ? {} : { before: plan.health }),
  };
  chain.dynamic('HealthProof', resourceNames.health(plan.id), health, [
    'password',
    'kubernetesSecret',
    'healthUrl',
  ]);
}
