import type { FleetJobSettings } from './fleetJob';
import { networkPolicy } from './networkPolicy';
import type { Rule } from './role';
import { neededRules, optionalRules } from './role';
import type { Egress } from './settings';
import { labelsOf, objectNames } from './settings';

/** In each namespace of an OpenEMR the rights of one rotation, given to the fleet's one account. */
export function fleetRoles({ pod, targets }: FleetJobSettings): object[] {
  const names = objectNames(pod);
  const namespaces = [...new Set(targets.map(({ namespace }) => namespace))];
  return namespaces.flatMap((namespace) => {
    const here = targets.filter((target) => target.namespace === namespace);
    const metadata = (name: string): object => ({ name, namespace, labels: labelsOf(pod) });
    const group = 'rbac.authorization.k8s.io';
    const rules = here.map((target) => [
      ...neededRules(target),
      ...optionalRules(target, pod.optionalRights),
    ]);
    return [
      { apiVersion: `${group}/v1`, kind: 'Role', metadata: metadata(names.role), rules: together(rules) },
      {
        apiVersion: `${group}/v1`,
        kind: 'RoleBinding',
        metadata: metadata(names.binding),
        roleRef: { apiGroup: group, kind: 'Role', name: names.role },
        subjects: [{ kind: 'ServiceAccount', name: names.serviceAccount, namespace: pod.namespace }],
      },
    ];
  });
}

/** The OpenEMRs of a namespace have the same rules, but for the names in them: each rule once, with the names of all. */
function together(ofEach: readonly (readonly Rule[])[]): Rule[] {
  const [first = []] = ofEach;
  return first.map((rule, place) => {
    const names = rule.resourceNames?.flatMap((_, index) =>
      ofEach.flatMap((rules) => rules[place]?.resourceNames?.slice(index, index + 1) ?? []),
    );
    return names === undefined ? rule : { ...rule, resourceNames: names };
  });
}

/** As for one OpenEMR, and to the health page of each in its own namespace. */
export function fleetNetworkPolicy({ pod, targets }: FleetJobSettings): object {
  const pages = targets.flatMap(({ namespace, healthPort }): Egress[] =>
    healthPort === undefined ? [] : [{ port: healthPort, namespace }],
  );
  const more = [...new Map(pages.map((page) => [JSON.stringify(page), page])).values()];
  return networkPolicy({
    ...pod,
    healthUrl: undefined,
    network: { ...pod.network, more: [...pod.network.more, ...more] },
  });
}
