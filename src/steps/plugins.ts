import { getVersion as awsVersion } from '@pulumi/aws/utilities';
import { getVersion as kubernetesVersion } from '@pulumi/kubernetes/utilities';
import * as pulumi from '@pulumi/pulumi';
import { getVersion as randomVersion } from '@pulumi/random/utilities';
import { timesAgainBeforeFlip } from '../rotation/remint';
import type { RotationPlan } from '../rotation/rotationPlan';
import { switches } from '../rotation/rotationPlan';
import { resourceNames } from '../rotation/steps';

/** Ends when the engine has begun with the resource of that name. */
export type Begun = (name: string) => Promise<void>;

/**
 * Lets the engine start the plugins of a plan while it waits for a step: it starts one at a time and begins no step
 * meanwhile. By itself it starts each when its first resource comes, that of Kubernetes after the cut-over, where a
 * plugin that does not start would be found late.
 * @param begun without it all start at once
 * @returns starts the Kubernetes plugin if that has not been done yet, and ends when it has started, or was seen not to
 */
export function startPlugins(plan: RotationPlan, begun: Begun = async () => undefined): () => Promise<void> {
  const storing = storesVersions(plan);
  const first = plan.kind === 'rollback' ? resourceNames.plan() : resourceNames.adminCheck(plan.id);
  const second = storing ? resourceNames.flipVersion(plan.id, timesAgainBeforeFlip(plan)) : first;
  void begun(first).then(() => {
    if (plan.mint.length > 0 || plan.renew !== null) void start('random', randomVersion());
    if (storing) void start('aws', awsVersion());
  });
  let kubernetes: Promise<void> | undefined;
  const startKubernetes = (): Promise<void> => (kubernetes ??= start('kubernetes', kubernetesVersion()));
  if (switches(plan)) void begun(second).then(startKubernetes);
  return startKubernetes;
}

/** There is no such function, and so nothing is done but the start. What hinders a start is told with the resource. */
async function start(name: string, version: string): Promise<void> {
  const started: Promise<unknown> = pulumi.runtime.invoke(`${name}:index:start`, {}, { version });
  await started.catch(() => undefined);
}

/** True when the plan stores documents of the slot secret. */
function storesVersions({ kind, mint }: RotationPlan): boolean {
  return kind !== 'rollback' && (kind !== 'sync' || mint.length > 0);
}
