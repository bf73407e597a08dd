import * as pulumi from '@pulumi/pulumi';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { plannedFile } from '../../rotation/rotationPlan';
import { slots } from '../../rotation/slot';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';
import type { TargetLogin } from '../targetLogin';

/** Step 5, the cut-over: the login in `sqlconf.php`. */
export function sqlconfStep(
  chain: Chain,
  planned: PlannedRotation,
  { context }: StepSettings,
  { username, host, port, dbname, password }: TargetLogin,
): void {
  const { plan, material } = planned;
  const login = { username, host, port, dbname, password };
  const accounts = [material.before.sqlconf.username, ...slots.map((slot) => material.logins[slot].username)];
  const plannedFrom =
    plan.kind === 'rollback'
      ? {}
      : {
          plannedFrom: pulumi.secret(plannedFile(planned)),
          secretPlannedFrom: pulumi.secret(material.before.kubernetesSecret),
        };
  chain.dynamic(
    'Sqlconf',
    resourceNames.sqlconf(),
    { context, ...login, replaces: [...new Set(accounts)], ...plannedFrom },
    ['password', 'plannedFrom', 'secretPlannedFrom'],
  );
}
