import { SecretPatch } from '@pulumi/kubernetes/core/v1/secretPatch';
import type * as pulumi from '@pulumi/pulumi';
import { rotationAnnotation } from '../../rotation/annotations';
import type { PlannedRotation } from '../../rotation/rotationPlan';
import { resourceNames } from '../../rotation/steps';
import type { StepSettings } from '../../target/programSettings';
import type { Chain } from '../chain';
import { patchAnnotations } from '../patchAnnotations';

/** Step 6: the four database keys; all other keys stay. */
export function patchSecret(
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
      // The plugin stores the whole object. kubectl apply leaves its manifest, with the data, in an annotation.
      { ...chain.options(), additionalSecretOutputs: ['data', 'stringData', 'metadata'] },
    ),
  );
}
