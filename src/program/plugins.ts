import { getVersion as awsVersion } from '@pulumi/aws/utilities';
import { getVersion as kubernetesVersion } from '@pulumi/kubernetes/utilities';
import * as pulumi from '@pulumi/pulumi';
import { getVersion as randomVersion } from '@pulumi/random/utilities';
import type { RotationPlan } from '../plan/rotationPlan';
import { switches } from '../plan/rotationPlan';

/**
 * Lets the engine start the plugins of a plan while its first steps are under way. By itself it starts each when its
 * first resource comes: that of Kubernetes after the cut-over, where a plugin that does not start would be found late.
 */
export function startPlugins(plan: RotationPlan): void {
  const versions: Record<string, string | undefined> = {
    random: plan.mint.length > 0 || plan.renew !== null ? randomVersion() : undefined,
    aws: storesVersions(plan) ? awsVersion() : undefined,
    kubernetes: switches(plan) ? kubernetesVersion() : undefined,
  };
  for (const [name, version] of Object.entries(versions)) {
    if (version === undefined) continue;
    // There is no such function, and so nothing is done but the start. What hinders a start is told with the resource.
    const started: Promise<unknown> = pulumi.runtime.invoke(`${name}:index:start`, {}, { version });
    started.catch(() => undefined);
  }
}

/** True when the plan stores documents of the slot secret. */
function storesVersions({ kind, mint }: RotationPlan): boolean {
  return kind !== 'rollback' && (kind !== 'sync' || mint.length > 0);
}
