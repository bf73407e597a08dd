import { groupOf, listOf } from './texts';

const rbac = /^kubernetes:rbac\.authorization\.k8s\.io\/v1(?:alpha1|beta1)?:(\w+?)(?:Patch)?$/;

/** Verbs by which an account gets rights that it was not given. */
const climbing = ['escalate', 'bind', 'impersonate'];

/** Roles that every cluster has, and that may read the Secrets of a namespace or of all. */
const wideRoles = ['cluster-admin', 'admin', 'edit'];

/** Everybody, also who has not logged in. */
const everyone = [
  'system:authenticated',
  'system:unauthenticated',
  'system:anonymous',
  'system:serviceaccounts',
];

/** What RBAC objects allow that they must not; each one sentence. */
export function clusterRightProblems(type: string, props: Record<string, unknown>): string[] {
  const [, kind = ''] = rbac.exec(type) ?? [];
  if (kind === 'Role' || kind === 'ClusterRole')
    return listOf(props['rules']).flatMap((rule, index) => ruleProblems(groupOf(rule), `Rule ${index}`));
  if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') return bindingProblems(props);
  return [];
}

function ruleProblems(rule: Record<string, unknown>, where: string): string[] {
  const verbs = listOf(rule['verbs']).map(String);
  const resources = listOf(rule['resources']).map(String);
  const wild = ['verbs', 'resources', 'apiGroups', 'nonResourceURLs'].filter((key) =>
    listOf(rule[key]).some((each) => String(each).includes('*')),
  );
  const unnamed = resources.includes('secrets') && listOf(rule['resourceNames']).length === 0;
  return [
    ...wild.map((key) => `${where} has a wildcard among its ${key}; name each.`),
    // A request that makes a Secret has no name yet that RBAC could compare.
    ...(unnamed && verbs.some((verb) => verb !== 'create')
      ? [`${where} is about every Secret of the namespace; name those that it needs as resourceNames.`]
      : []),
    ...verbs
      .filter((verb) => climbing.includes(verb))
      .map((verb) => `${where} allows ${verb}, by which an account gets rights of others; take it away.`),
  ];
}

function bindingProblems(props: Record<string, unknown>): string[] {
  const role = String(groupOf(props['roleRef'])['name']);
  const subjects = listOf(props['subjects']).map((subject) => String(groupOf(subject)['name']));
  const all = subjects.filter(
    (name) => everyone.includes(name) || name.startsWith('system:serviceaccounts:'),
  );
  return [
    ...(wideRoles.includes(role) ? [`The binding gives ${role}; make a Role of just what is needed.`] : []),
    ...all.map((name) => `The binding gives rights to ${name}; name who may.`),
  ];
}
