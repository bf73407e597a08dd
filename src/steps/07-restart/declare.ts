import { DeploymentPatch } from '@pulumi/kubernetes/apps/v1/deploymentPatch';
import * as pulumi from '@pulumi/pulumi';
import { restartAnnotation } from '../../rotation/annotations';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';
import { patchAnnotations } from '../patchAnnotations';

/** Step 7: the restart annotation, and the proof that the rollout is complete. */
export function restart(
  chain: Chain,
  { plan }: PlannedRotation,
  { context, rolloutTimeoutSeconds, run, healthUrl: url, healthCaFile: caFile }: StepSettings,
): void {
  const { namespace, deployment: name } = context.kubernetes;
  const annotations = { [restartAnnotation]: chain.guarded(pulumi.output(plan.restartToken)) };
  // The plugin's own await needs rights that the Role does not give; the proof below waits instead.
  const metadata = { namespace, name, annotations: { ...patchAnnotations, 'pulumi.com/skipAwait': 'true' } };
  chain.add(
    new DeploymentPatch(
      resourceNames.restart(),
      { metadata, spec: { template: { metadata: { annotations } } } },
      // The plugin stores the whole object: variables of a container may be passwords in plain.
      { ...chain.options(), additionalSecretOutputs: ['metadata', 'spec'] },
    ),
  );
  const timeout = rolloutTimeoutSeconds === undefined ? {} : { timeoutSeconds: rolloutTimeoutSeconds };
  const { health: before, kind } = plan;
  // A rollback has nowhere to go: it waits.
  const watched = url !== undefined && before !== undefined && kind !== 'rollback';
  // A query of its URL may be a token.
  const page = watched
    ? { page: pulumi.secret({ url, before, ...(caFile === undefined ? {} : { caFile }) }) }
    : {};
  const token = plan.restartToken;
  const proof = { context, run, annotation: restartAnnotation, token, ...timeout, ...page };
  chain.dynamic('RolloutProof', resourceNames.rollout(plan.id), proof, ['page']);
}
