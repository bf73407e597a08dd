import * as pulumi from '@pulumi/pulumi';
import { kubernetesSecretData } from '../rotation/observation';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { StepSettings } from '../target/programSettings';
import { sqlconfStep } from './05-sqlconf/declare';
import { patchSecret } from './06-kubernetes-secret/declare';
import { restart } from './07-restart/declare';
import { healthStep } from './08-health/declare';
import type { Chain } from './chain';
import type { TargetLogin } from './targetLogin';

/** Steps 5 to 8; the same for a rotation and for its rollback. */
export function switchSteps(
  chain: Chain,
  planned: PlannedRotation,
  settings: StepSettings,
  target: TargetLogin,
): void {
  const login = { ...target, password: pulumi.secret(target.password) };
  const data = secretData(planned, login);
  sqlconfStep(chain, planned, settings, login);
  patchSecret(chain, planned, settings, data);
  restart(chain, planned, settings);
  healthStep(chain, planned, settings, login, data);
}

/** The Secret's database keys: those of the login, or, in a rollback, what stood there before. */
function secretData(
  { plan, material }: PlannedRotation,
  { password, ...login }: TargetLogin,
): pulumi.Output<Record<string, string>> {
  if (plan.kind === 'rollback') return pulumi.secret(material.before.kubernetesSecret);
  return pulumi.secret(
    pulumi.output(password).apply((known) => kubernetesSecretData({ ...login, password: known })),
  );
}
