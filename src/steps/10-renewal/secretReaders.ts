import type { V1CronJob, V1Job, V1ObjectMeta, V1PodSpec } from '@kubernetes/client-node';
import type { Kubernetes, KubernetesTarget, Right } from '../../kubernetes/kubernetes';
import { ApiError } from '../../kubernetes/api';
import { podSecrets } from '../../kubernetes/secretUse';

/** What runs pods, as far as it is looked into. */
export interface Workload {
  metadata?: V1ObjectMeta;
  spec?: Partial<Pick<NonNullable<V1CronJob['spec']>, 'jobTemplate' | 'suspend'>> & {
    replicas?: number;
    template?: { spec?: V1PodSpec };
  };
  status?: Pick<NonNullable<V1Job['status']>, 'conditions'> & { active?: unknown };
}

/** Kinds of workload that may read the Secret, with their place in the API. */
export const workloadKinds = [
  { kind: 'Deployment', group: 'apps', resource: 'deployments' },
  { kind: 'StatefulSet', group: 'apps', resource: 'statefulsets' },
  { kind: 'DaemonSet', group: 'apps', resource: 'daemonsets' },
  { kind: 'CronJob', group: 'batch', resource: 'cronjobs' },
  { kind: 'Job', group: 'batch', resource: 'jobs' },
] as const;

type WorkloadKind = (typeof workloadKinds)[number]['kind'];

/** Another workload that takes its login from OpenEMR's Secret. */
export interface SecretReader {
  kind: WorkloadKind;
  name: string;
  /** Variables stay as they were when the pod started; a mounted file follows the Secret within a minute or two. */
  by: 'variables' | 'files';
}

/** What was found, and what could not be looked at. */
export interface SecretReaders {
  readers: SecretReader[];
  /** Resources that RBAC does not let this account list. */
  denied: string[];
  /** Resources whose list the API server did not give for another reason. */
  failed: string[];
}

/** The rights that {@link findSecretReaders} uses, all optional. */
export const workloadRights: Right[] = workloadKinds.map(({ group, resource }) => ({
  verb: 'list',
  group,
  resource,
  name: '',
}));

/** Looks for other workloads of the namespace that read the Secret. Never throws: nothing depends on it. */
export async function findSecretReaders(kubernetes: Kubernetes): Promise<SecretReaders> {
  const found: SecretReaders = { readers: [], denied: [], failed: [] };
  await Promise.all(
    workloadKinds.map(async ({ kind, group, resource }) => {
      try {
        const items = await kubernetes.list<Workload>(group, resource);
        found.readers.push(...readersAmong(kind, items, kubernetes.target));
      } catch (error) {
        const isDenied = error instanceof ApiError && error.code === 403;
        (isDenied ? found.denied : found.failed).push(resource);
      }
    }),
  );
  const order = (kind: WorkloadKind): number => workloadKinds.findIndex((each) => each.kind === kind);
  found.readers.sort((one, other) => order(one.kind) - order(other.kind));
  return found;
}

/** The workloads of one kind that read the Secret and have, or may come to have, a pod with the old login. Pure. */
export function readersAmong(
  kind: WorkloadKind,
  items: readonly Workload[],
  { deployment, secret }: KubernetesTarget,
): SecretReader[] {
  return items.flatMap((item): SecretReader[] => {
    const name = item.metadata?.name ?? '';
    if ((kind === 'Deployment' && name === deployment) || isQuiet(kind, item)) return [];
    const pod = item.spec?.jobTemplate?.spec?.template.spec ?? item.spec?.template?.spec;
    const { variables, files } = podSecrets(pod);
    if (variables.includes(secret)) return [{ kind, name, by: 'variables' }];
    return files.includes(secret) ? [{ kind, name, by: 'files' }] : [];
  });
}

/** Without a pod now, and what starts later reads the new login. A CronJob's own Jobs are told by its name. */
function isQuiet(kind: WorkloadKind, { metadata, spec, status }: Workload): boolean {
  if (kind === 'CronJob')
    return spec?.suspend === true && !(Array.isArray(status?.active) && status.active.length > 0);
  if (kind !== 'Job') return spec?.replicas === 0;
  const byCronJob = (metadata?.ownerReferences ?? []).some((owner) => owner.kind === 'CronJob');
  const hasEnded = (status?.conditions ?? []).some(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
  return byCronJob || hasEnded;
}
