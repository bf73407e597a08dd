import type { V1CronJob, V1Job } from '@kubernetes/client-node';
import { Failure } from '../base/failure';

const ours = { key: 'app.kubernetes.io/name', value: 'credential-rotation' };
/** A Job's name gives its pods theirs: it is a DNS label. */
const longestName = 63;

/** A Job that is to be made. */
export type NewJob = Pick<V1Job, 'apiVersion' | 'kind' | 'metadata' | 'spec'>;

/**
 * The CronJob that rotates: the named one, else the only one with this command's label.
 * @throws Failure `configuration` when there is none, or more than one, or it is one of a fleet
 */
export function chooseCronJob(
  cronJobs: readonly V1CronJob[],
  wanted: string | undefined,
  namespace: string,
): V1CronJob {
  const nameOf = ({ metadata }: V1CronJob): string => metadata?.name ?? '';
  const candidates = cronJobs.filter((each) =>
    wanted === undefined ? each.metadata?.labels?.[ours.key] === ours.value : nameOf(each) === wanted,
  );
  const [only, ...more] = candidates;
  const names = (list: readonly V1CronJob[]): string => list.map(nameOf).join(', ') || 'none';
  if (only === undefined)
    throw new Failure(
      'kubernetes-object-missing',
      wanted === undefined
        ? `No CronJob of namespace ${namespace} has the label ${ours.key}=${ours.value}, as infra/ makes it (there: ${names(cronJobs)}); name it with --cron-job.`
        : `Namespace ${namespace} has no CronJob ${wanted} (there: ${names(cronJobs)}); correct --cron-job or --namespace.`,
    );
  if (more.length > 0)
    throw new Failure(
      'kubernetes-object-ambiguous',
      `Namespace ${namespace} has ${candidates.length} CronJobs that rotate: ${names(candidates)}; choose one with --cron-job.`,
    );
  if (only.spec?.jobTemplate.spec?.completionMode === 'Indexed')
    throw new Failure(
      'kubernetes-object-ambiguous',
      `CronJob ${nameOf(only)} is of a fleet, and its Job has many pods; start it with kubectl create job, and watch it with credential-rotation fleet status.`,
    );
  return only;
}

/**
 * The Job that `kubectl create job --from=cronjob/NAME` makes (kubernetes/kubectl, create_job.go): labels, annotations
 * and spec of the template, the annotation that it was made by hand, and the CronJob as its owner.
 * @param args in the place of the arguments of the template; without it they stay
 */
export function manualJob(cronJob: V1CronJob, args: readonly string[] | undefined, now: Date): NewJob {
  const { metadata, spec } = cronJob;
  const template = spec?.jobTemplate;
  const name = metadata?.name ?? '';
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name.slice(0, longestName - stamp.length - 1)}-${stamp}`,
      namespace: metadata?.namespace ?? '',
      labels: { ...template?.metadata?.labels },
      annotations: { ...template?.metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name, uid: metadata?.uid ?? '', controller: true },
      ],
    },
    ...(template?.spec === undefined ? {} : { spec: withArgs(template.spec, args) }),
  };
}

type JobSpec = NonNullable<V1Job['spec']>;

function withArgs(spec: JobSpec, args: readonly string[] | undefined): JobSpec {
  const pod = spec.template.spec;
  if (args === undefined || pod === undefined) return spec;
  const [first, ...rest] = pod.containers;
  if (first === undefined) return spec;
  const containers = [{ ...first, args: [...args] }, ...rest];
  return { ...spec, template: { ...spec.template, spec: { ...pod, containers } } };
}

/** The Jobs of a CronJob: those that it owns, and those that carry the same labels, as the one-off Job does. */
export function jobsOf(jobs: readonly V1Job[], cronJob: V1CronJob): V1Job[] {
  const instance = 'app.kubernetes.io/instance';
  const label = cronJob.metadata?.labels?.[instance];
  const uid = cronJob.metadata?.uid;
  const own = jobs.filter(
    ({ metadata }) =>
      metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true ||
      (label !== undefined &&
        metadata?.labels?.[ours.key] === ours.value &&
        metadata.labels[instance] === label),
  );
  return own.sort((one, other) => timeOf(one) - timeOf(other));
}

function timeOf({ metadata }: V1Job): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime();
}

/** Commands that take no lock: what looks, and what helps where a run is dead or hangs. */
const withoutLock = new Set(['status', 'verify', 'history', 'evidence', 'config', 'unlock']);

/**
 * The lock in the database would end a second run as well, only later, and in a pod. What takes no lock may be started beside it.
 * @param args in the place of the arguments of the template, if any
 * @throws Failure `job-running`
 */
export function refuseSecond(
  jobs: readonly V1Job[],
  cronJob: V1CronJob,
  args: readonly string[] | undefined,
): void {
  if (args !== undefined && (args.some((word) => withoutLock.has(word)) || args.includes('--dry-run')))
    return;
  const running = jobsOf(jobs, cronJob).find(isRunning)?.metadata;
  if (running === undefined) return;
  throw new Failure(
    'job-running',
    `Job ${running.name} of this CronJob runs already; credential-rotation job logs ${running.name} follows it. ` +
      'If its run is dead or hangs, credential-rotation job run -- unlock shows who holds the lock, and job run -- unlock --yes ends that run; ' +
      `where the Job goes on all the same, kubectl -n ${running.namespace} delete job ${running.name}, and run again.`,
  );
}

/** Whether a Job has begun and has not ended. */
export function isRunning({ spec, status, metadata }: V1Job): boolean {
  return (
    endOfJob({ status } as V1Job) === undefined &&
    spec?.suspend !== true &&
    metadata?.deletionTimestamp === undefined
  );
}

/** How a Job ended, by its own conditions; undefined while it has not. */
export function endOfJob({
  status,
}: Pick<V1Job, 'status'>): { complete: boolean; reason: string; message: string } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => holds === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return end && { complete: end.type === 'Complete', reason: end.reason ?? '', message: end.message ?? '' };
}
