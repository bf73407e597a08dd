import { groupOf, isPlainSecret, knownFirst, listOf } from './texts';

/** Where the pod stands in a resource, by type. */
const podPaths: Record<string, string[]> = {
  'kubernetes:core/v1:Pod': ['spec'],
  'kubernetes:batch/v1:CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ...Object.fromEntries(
    ['batch/v1:Job', 'apps/v1:Deployment', 'apps/v1:StatefulSet', 'apps/v1:DaemonSet'].map((kind) => [
      `kubernetes:${kind}`,
      ['spec', 'template', 'spec'],
    ]),
  ),
};

/** The pod of a resource; undefined when its type has none. */
function podOf(type: string, props: Record<string, unknown>): Record<string, unknown> | undefined {
  const path = podPaths[type];
  return path?.reduce<Record<string, unknown>>((value, key) => groupOf(value[key]), props);
}

const containersOf = (pod: Record<string, unknown>): Record<string, unknown>[] =>
  ['initContainers', 'containers'].flatMap((key) => listOf(pod[key]).map(groupOf));

/** What a pod may do that it must not; each one sentence. */
export function podProblems(type: string, props: Record<string, unknown>): string[] {
  const pod = podOf(type, props);
  if (pod === undefined) return [];
  const { runAsNonRoot, seccompProfile, runAsUser } = groupOf(pod['securityContext']);
  // Said in the open, as for files that are root's: then only with what replacing a file takes.
  const asRoot = runAsNonRoot === false && runAsUser === 0;
  return [
    ...when(
      !asRoot && (runAsNonRoot !== true || runAsUser === 0),
      'The pod may run as root; set runAsNonRoot, and a user other than 0, or say with runAsNonRoot: false and runAsUser: 0 that it must.',
    ),
    ...when(
      groupOf(seccompProfile)['type'] !== 'RuntimeDefault',
      'The pod may make any system call; set seccompProfile RuntimeDefault.',
    ),
    ...when(
      pod['enableServiceLinks'] !== false,
      'The pod gets variables of Services; set enableServiceLinks to false.',
    ),
    ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((name) =>
      when(pod[name] === true, `The pod has ${name}; take it away.`),
    ),
    ...listOf(pod['volumes']).flatMap((volume) =>
      when(
        groupOf(volume)['hostPath'] !== undefined,
        `Volume ${String(groupOf(volume)['name'])} is a folder of the node; take another one.`,
      ),
    ),
    ...containersOf(pod).flatMap((container) => containerProblems(container, asRoot)),
  ];
}

/** What root needs to replace a file of somebody else. */
const capabilitiesOfRoot = ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'];

function containerProblems(container: Record<string, unknown>, asRoot: boolean): string[] {
  const name = `Container ${String(container['name'])}`;
  const security = groupOf(container['securityContext']);
  const { drop, add } = groupOf(security['capabilities']);
  return [
    ...when(
      security['allowPrivilegeEscalation'] !== false,
      `${name} may gain privileges; set allowPrivilegeEscalation to false.`,
    ),
    ...when(security['privileged'] === true, `${name} is privileged; take it away.`),
    ...when(
      security['readOnlyRootFilesystem'] !== true,
      `${name} may change its own files; set readOnlyRootFilesystem.`,
    ),
    ...when(
      !listOf(drop).includes('ALL') ||
        listOf(add).some((each) => !asRoot || !capabilitiesOfRoot.includes(String(each))),
      `${name} has capabilities; drop ALL, add none${asRoot ? ` but ${capabilitiesOfRoot.join(', ')}` : ''}.`,
    ),
    ...when(
      /(^|:)latest$|^[^:@]+$/.test(String(container['image'])),
      `${name} has an image that moves; give it a tag or a digest.`,
    ),
    ...when(
      groupOf(groupOf(container['resources'])['limits'])['memory'] === undefined,
      `${name} may use all memory of the node; limit it.`,
    ),
  ];
}

/** Secrets that stand in the open in a resource of the cluster, or that Pulumi itself would store; each one sentence. */
export function plainSecrets(type: string, props: Record<string, unknown>): Iterable<string> {
  if (type === 'kubernetes:core/v1:Secret')
    return when(
      Object.keys({ ...groupOf(props['data']), ...groupOf(props['stringData']) }).length > 0,
      'A Secret with values would put them into the state of this program; make it elsewhere, and name it here.',
    );
  if (type === 'kubernetes:core/v1:ConfigMap')
    return Object.entries(groupOf(props['data']))
      .filter(([name, text]) => isPlainSecret(name, text))
      .map(([name]) => `Key ${name} of the ConfigMap is a secret in the open; put it into a Secret.`);
  if (type === 'aws:secretsmanager/secretVersion:SecretVersion') {
    const labels = listOf(props['versionStages']);
    return when(
      labels.length === 0 || labels.includes('AWSCURRENT'),
      'The version takes AWSCURRENT; give it a label of its own, or Pulumi would put an old password back.',
    );
  }
  const variables = containersOf(podOf(type, props) ?? {}).flatMap((container) => listOf(container['env']));
  return knownFirst(variables.map(groupOf), ({ name, value }) =>
    when(
      isPlainSecret(String(name), value),
      `Variable ${String(name)} is a secret in the open; take it from a Secret by valueFrom.`,
    ),
  );
}

/** A problem when the condition holds. */
const when = (condition: boolean, problem: string): string[] => (condition ? [problem] : []);
