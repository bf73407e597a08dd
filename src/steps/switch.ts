import { DeploymentPatch } from '@pulumi/kubernetes/apps/v1/deploymentPatch';
import { SecretPatch } from '@pulumi/kubernetes/core/v1/secretPatch';
import * as pulumi from '@pulumi/pulumi';
import { restartAnnotation, rotationAnnotation } from '../rotation/annotations';
import { kubernetesSecretData } from '../rotation/observation';
import type { PlannedRotation } from '../rotation/rotationPlan';
import { plannedFile } from '../rotation/rotationPlan';
import type { PlannedLogin } from '../rotation/rotationPlan';
import { slots } from '../rotation/slot';
import { resourceNames } from '../rotation/steps';
import { fieldManager } from '../kubernetes/rollout';
import type { Chain } from './chain';
import type { StepSettings } from '../target/programSettings';

/** Field manager of our patches; fixed, so that a lost state does not make a second one. */
const patchAnnotations = {
  'pulumi.com/patchForce': 'true',
  'pulumi.com/patchFieldManager': fieldManager,
};

/** The login that OpenEMR is moved to. */
export type TargetLogin = Omit<PlannedLogin, 'password'> & { password: pulumi.Input<string> };

/** Steps 5 to 8; the same for a rotation and for its rollback. */
export function switchSteps(
  chain: Chain,
  planned: PlannedRotation,
  settings: StepSettings,
  target: TargetLogin,
): void {
  const { plan, material } = planned;
  const { context } = settings;
  const { username, host, port, dbname } = target;
  const password = pulumi.secret(target.password);
  const login = { username, host, port, dbname, password };
  const accounts = [material.before.sqlconf.username, ...slots.map((slot) => material.logins[slot].username)];
  const secretBefore = pulumi.secret(material.before.kubernetesSecret);
  const plannedFrom =
    plan.kind === 'rollback'
      ? {}
      : { plannedFrom: pulumi.secret(plannedFile(planned)), secretPlannedFrom: secretBefore };
  chain.dynamic(
    'Sqlconf',
    resourceNames.sqlconf(),
    { context, ...login, replaces: [...new Set(accounts)], ...plannedFrom },
    ['password', 'plannedFrom', 'secretPlannedFrom'],
  );
  const data =
    plan.kind === 'rollback'
      ? secretBefore
      : pulumi.secret(
          pulumi
            .output(password)
            .apply((known) => kubernetesSecretData({ username, host, port, dbname, password: known })),
        );
  patchSecret(chain, planned, settings, data);
  restart(chain, planned, settings);
  const { healthUrl, healthCaFile, healthAnswersInARow: answersInARow, healthLimitSeconds } = settings;
  const health = {
    context,
    run: settings.run,
    ...login,
    kubernetesSecret: data,
    answersInARow,
    limitSeconds: healthLimitSeconds,
    kind: plan.kind,
    ...(healthUrl === undefined ? {} : { healthUrl }),
    ...(healthCaFile === undefined ? {} : { healthCaFile }),
    ...(plan.health === undefined ? {} : { before: plan.health }),
  };
  chain.dynamic('HealthProof', resourceNames.health(plan.id), health, ['password', 'kubernetesSecret']);
}

/** Step 6: the four database keys; all other keys stay. */
function patchSecret(
  chain: Chain,
  { plan }: PlannedRotation,
  { context }: StepSettings,
  data: pulumi.Output<Record<string, string>>,
): void {
  const { namespace, secret: name } = context.kubernetes;
  const encoded = data.apply((values) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
    ),
  );
  // The plugin compares with its state only: a new value here makes it patch what somebody changed back, too.
  const annotations = { ...patchAnnotations, [rotationAnnotation]: plan.patchToken ?? plan.id };
  chain.add(
    new SecretPatch(
      resourceNames.kubernetesSecret(),
      { metadata: { namespace, name, annotations }, data: chain.guarded(encoded) },
      { ...chain.options(), additionalSecretOutputs: ['data', 'stringData'] },
    ),
  );
}

/** Step 7: the restart annotation, and the proof that the rollout is complete. */
function restart(
  chain: Chain,
  { plan }: PlannedRotation,
  { context, rolloutTimeoutSeconds, run }: StepSettings,
): void {
  const { namespace, deployment: name } = context.kubernetes;
  const annotations = { [restartAnnotation]: chain.guarded(pulumi.output(plan.restartToken)) };
  // The plugin's own await needs rights that the Role does not give; the proof below waits instead.
  const metadata = { namespace, name, annotations: { ...patchAnnotations, 'pulumi.com/skipAwait': 'true' } };
  chain.add(
    new DeploymentPatch(
      resourceNames.restart(),
      { metadata, spec: { template: { metadata: { annotations } } } },
      chain.options(),
    ),
  );
  const timeout = rolloutTimeoutSeconds === undefined ? {} : { timeoutSeconds: rolloutTimeoutSeconds };
  chain.dynamic('RolloutProof', resourceNames.rollout(plan.id), {
    context,
    run,
    annotation: restartAnnotation,
    token: plan.restartToken,
    ...timeout,
  });
}
