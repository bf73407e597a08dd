import { activeDeadlineSeconds } from './deadlines';
import { fleetNetworkPolicy, fleetRoles } from './fleetRights';
import { containerName, podTemplate } from './pod';
import { serviceAccount } from './serviceAccount';
import type { RotationSettings } from './settings';
import { labelsOf } from './settings';

/** Where the pods of a fleet find its file. */
export const fleetFolder = '/etc/credential-rotation/fleet';

/** A deployment of a fleet, as far as its pod's rights depend on it. */
export interface FleetTarget {
  namespace: string;
  deployment: string;
  kubernetesSecret: string;
  /** Port of the containers behind its health page; undefined without a health page in its namespace. */
  healthPort?: number | undefined;
}

/** What a fleet's objects are made of, checked. */
export interface FleetJobSettings {
  /** The pods' frame; what names one OpenEMR in it is not used. */
  pod: RotationSettings;
  /** Names of this run's objects begin with it. */
  runName: string;
  /** Changes with the text of the fleet file. */
  fileHash: string;
  fleetText: string;
  /** In the order of the fleet file: the place is the index. */
  targets: readonly FleetTarget[];
  /** How many targets there are. */
  completions: number;
  parallelism: number;
  onFailure: 'stop' | 'continue';
  /** How often an index is tried again. */
  retries: number;
  /** Variables that name one OpenEMR: they come from the fleet file alone. */
  withoutVariables: readonly string[];
  /** What was rotated since this time was rotated in this run. */
  since: string | undefined;
  /** Times of a CronJob, in the place of one Job. */
  schedule: string | undefined;
}

/**
 * Exit codes after which trying again at once makes no sense: a person has to fix something (2, 3, 10), or OpenEMR runs
 * on the old slot again and a second restart would most likely end the same way (13).
 */
export const finalExitCodes = [2, 3, 10, 13];

/** Every file of a fleet's objects, in the order in which they depend on each other. */
export const fleetFileNames = [
  'service-account.yaml',
  'role.yaml',
  'network-policy.yaml',
  'fleet-file.yaml',
  'job.yaml',
  'report.yaml',
] as const;

/** A fleet's objects by file. */
export type FleetObjectsByFile = Record<(typeof fleetFileNames)[number], object[]>;

/**
 * All objects of a fleet: the account with its rights in each namespace, where its pods may connect to, the file, the Job
 * or CronJob, and the Job that reports.
 */
export function fleetObjects(settings: FleetJobSettings): object[] {
  const byFile = fleetObjectsByFile(settings);
  return fleetFileNames.flatMap((name) => byFile[name]);
}

/** The same by file: the chart has a template for each. */
export function fleetObjectsByFile(settings: FleetJobSettings): FleetObjectsByFile {
  const { pod } = settings;
  return {
    'service-account.yaml': pod.serviceAccount === undefined ? [serviceAccount(pod)] : [],
    'role.yaml': fleetRoles(settings),
    'network-policy.yaml': [fleetNetworkPolicy(settings)],
    'fleet-file.yaml': [configMap(settings)],
    'job.yaml': [workload(settings)],
    'report.yaml': [reportJob(settings)],
  };
}

function workload(settings: FleetJobSettings): object {
  const { pod, schedule, runName } = settings;
  const metadata = { namespace: pod.namespace, labels: labelsOf(pod) };
  const spec = fleetJobSpec(settings);
  if (schedule === undefined)
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: runName, ...metadata }, spec };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: pod.name, ...metadata },
    spec: {
      schedule,
      timeZone: pod.timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 5,
      jobTemplate: { metadata: { labels: labelsOf(pod) }, spec },
    },
  };
}

/**
 * One index for each deployment (kubernetes.io/docs/tasks/job/backoff-limit-per-index): the Job controller shares out
 * the work and tries again; what an index has begun, its state in the backend says to the next try.
 */
export function fleetJobSpec(settings: FleetJobSettings) {
  const { completions, parallelism, onFailure, retries } = settings;
  return {
    completionMode: 'Indexed',
    completions,
    parallelism: Math.min(parallelism, completions),
    backoffLimitPerIndex: retries,
    // One failed index more than this ends the Job, and its pods get SIGTERM.
    maxFailedIndexes: onFailure === 'stop' ? 0 : completions,
    podFailurePolicy: {
      rules: [
        // A drained node or an eviction is nobody's failure.
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        {
          action: 'FailIndex',
          onExitCodes: { containerName, operator: 'In', values: finalExitCodes },
        },
      ],
    },
    template: fleetPodTemplate(settings, ['run', '--log-json']),
  };
}

/** So many statuses at a time have room in the memory of one pod. */
const readAtATime = '2';

/**
 * The report of the run, when somebody lets it start: what each deployment came to, from its own state. An Indexed Job
 * itself only knows which of its pods ended how.
 */
function reportJob(settings: FleetJobSettings): object {
  const { pod, runName, schedule } = settings;
  // A Job cannot be changed: that of another file has another name.
  const name = `${schedule === undefined ? runName : configName(settings)}-report`;
  const template = fleetPodTemplate(settings, ['status', '--json', '--concurrency', readAtATime]);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: pod.namespace, labels: labelsOf(pod) },
    spec: { suspend: true, backoffLimit: 0, template },
  };
}

function fleetPodTemplate(settings: FleetJobSettings, [action = '', ...flags]: readonly string[]) {
  const { pod, since, withoutVariables } = settings;
  const run = since === undefined ? [] : ['--since', since];
  const args = ['fleet', action, '--fleet', `${fleetFolder}/fleet.yaml`, ...flags, ...run];
  const template = podTemplate(pod, args);
  const { containers, volumes, ...spec } = template.spec;
  return {
    ...template,
    spec: {
      ...spec,
      activeDeadlineSeconds: activeDeadlineSeconds(pod.limits),
      containers: containers.map((container) => ({
        ...container,
        env: container.env.filter(({ name }) => !withoutVariables.includes(name)),
        volumeMounts: [...container.volumeMounts, { name: 'fleet', mountPath: fleetFolder, readOnly: true }],
      })),
      volumes: [...volumes, { name: 'fleet', configMap: { name: configName(settings) } }],
    },
  };
}

/** A file of another content has another name: an index must mean the same deployment for as long as its Job lives. */
function configName({ pod, fileHash }: FleetJobSettings): string {
  return `${pod.name}-${fileHash}`;
}

function configMap(settings: FleetJobSettings) {
  const { pod, fleetText } = settings;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configName(settings), namespace: pod.namespace, labels: labelsOf(pod) },
    immutable: true,
    data: { 'fleet.yaml': fleetText },
  };
}
