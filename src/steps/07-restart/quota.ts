import type { V1Container, V1Deployment, V1ResourceQuota } from '@kubernetes/client-node';
import { rollingParts } from './downtime';

/**
 * Which quota has no room for one more pod beside those that run, where the restart needs that room: with
 * maxUnavailable above 0 an old pod goes first. One sentence without its full stop, or undefined. Quotas with a scope,
 * and requests that only a LimitRange adds, are left to the API server.
 * kubernetes.io/docs/concepts/policy/resource-quotas
 */
export function quotaProblem(
  quotas: readonly V1ResourceQuota[],
  { spec }: V1Deployment,
  name: string,
): string | undefined {
  if (spec === undefined || spec.strategy?.type === 'Recreate' || rollingParts(spec).unavailable > 0)
    return undefined;
  for (const { metadata, spec: { scopes, scopeSelector } = {}, status } of quotas) {
    if (scopes !== undefined || scopeSelector !== undefined) continue;
    for (const [resource, hard] of Object.entries(status?.hard ?? {})) {
      const wanted = onePod(spec, resource);
      const used = status?.used?.[resource] ?? '0';
      if (wanted > 0 && thousandths(used) + wanted > thousandths(hard))
        return `ResourceQuota ${metadata?.name ?? ''} has no room for one more pod of ${name} (${resource}: ${used} of ${hard} used), and a restart creates the new pod before an old one goes; raise the quota, or allow maxUnavailable 1, and run again`;
    }
  }
  return undefined;
}

/** How much of a quota's resource one pod takes, in thousandths. */
function onePod({ template }: NonNullable<V1Deployment['spec']>, resource: string): number {
  if (resource === 'pods' || resource === 'count/pods') return 1000;
  const limits = resource.startsWith('limits.');
  const what = resource.replace(/^(?:requests|limits)\./, '');
  const { containers = [], initContainers = [] } = template.spec ?? {};
  const of = ({ resources }: V1Container): number => {
    const limit = resources?.limits?.[what];
    // A container with a limit alone requests as much.
    return thousandths((limits ? limit : (resources?.requests?.[what] ?? limit)) ?? '0');
  };
  const sum = (all: readonly V1Container[]): number => all.reduce((total, each) => total + of(each), 0);
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const first = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always');
  return Math.max(sum([...containers, ...sidecars]), ...first.map(of));
}

const binary = 'KMGTPE';
const decimal: Partial<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};

/**
 * A quantity such as `250m` or `1Gi`, in whole thousandths: what is summed must not lose any.
 * kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
 */
function thousandths(quantity: string): number {
  const [, digits = '0', suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(\w*)$/.exec(quantity) ?? [];
  const factor = suffix.endsWith('i') ? 1024 ** (binary.indexOf(suffix.charAt(0)) + 1) : decimal[suffix];
  return Math.round(Number(digits) * (factor ?? 1) * 1000);
}
