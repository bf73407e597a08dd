import { createHash } from 'node:crypto';
import path from 'node:path';
import { usualRolloutSeconds } from '../../infra/kubernetes/deadlines';
import { paths } from '../../infra/kubernetes/environment';
import type { FleetJobSettings } from '../../infra/kubernetes/fleetJob';
import type { Network, OptionalRights } from '../../infra/kubernetes/settings';
import { portOf } from '../../infra/settingsOf';
import { Failure } from '../base/failure';
import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import type { FleetFile, JobText } from './fleetFile';
import type { Member } from './member';
import { membersOf, sharedWriters } from './member';
import { withOwnMinute } from '../rotation/startMinute';
import type { Limits } from './schedule';

/** What a manifest is made from. */
export interface ManifestRequest {
  file: FleetFile;
  /** The text of the file: the pods read the same. */
  text: string;
  limits: Limits;
  /** Overrides the one in the file. */
  image: string | undefined;
  schedule: string | undefined;
  now: Date;
}

/** Largest ConfigMap (kubernetes.io/docs/concepts/configuration/configmap), less some room for the object around it. */
export const largestText = 1_000_000;

/** With `-rotation`, the time and `-report`, or a CronJob's own number and the index, behind it. */
export const longestName = 30;

/**
 * The settings of a fleet's Job. Pure.
 * @throws Failure `configuration` that names everything that a pod could not use
 */
export function fleetJobSettings(request: ManifestRequest): FleetJobSettings {
  const { file, text, limits, now } = request;
  const { job } = file;
  if (job === undefined)
    throw new Failure(
      'fleet-file-invalid',
      'The fleet file has no job: with namespace, image and sitesClaim; see docs/fleet.md.',
    );
  const members = membersOf(file, {}, { CREDENTIAL_ROTATION_HOME: paths.home });
  const problems = [
    ...members.flatMap((member) => podProblems(member, job)),
    ...sharingProblems(members, limits),
    ...(file.name.length > longestName
      ? [`name: at most ${longestName} characters here, since names of Jobs end at 63`]
      : []),
    ...(Buffer.byteLength(text) > largestText ? ['the file is too large for a ConfigMap; split it'] : []),
  ];
  if (problems.length > 0) throw new Failure('fleet-file-invalid', `Fleet manifest: ${problems.join('; ')}.`);
  const name = `${file.name}-rotation`;
  const given = request.schedule ?? job.schedule;
  const schedule = given === undefined ? undefined : withOwnMinute(given, `${job.namespace}/${name}`);
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return {
    pod: podSettings(
      name,
      { ...job, ...(request.image === undefined ? {} : { image: request.image }) },
      members,
    ),
    runName: `${name}-${stamp}`,
    fileHash: createHash('sha256').update(text).digest('hex').slice(0, 10),
    fleetText: text,
    targets: members.map(({ values }) => targetOf(values, job)),
    completions: members.length,
    parallelism: limits.concurrency,
    onFailure: limits.onFailure,
    retries: Number(job.retries ?? 2),
    withoutVariables: optionNames
      .filter((each) => each !== 'home')
      .map((each) => definitionOf(each).variable),
    since: schedule === undefined ? now.toISOString() : undefined,
    schedule,
  };
}

function targetOf(
  { namespace = '', deployment = '', kubernetesSecret = '', healthUrl }: GivenValues,
  job: JobText,
) {
  const own = job.healthPort === undefined ? portOf(healthUrl) : Number(job.healthPort);
  return { namespace, deployment, kubernetesSecret, healthPort: healthUrl === undefined ? undefined : own };
}

/** What a pod that has nothing but its volumes and its account cannot use. */
function podProblems({ name, values, location, kubeconfig, awsProfile }: Member, job: JobText): string[] {
  const below = (file: string | undefined, folder: string): boolean =>
    file === undefined || !path.posix.relative(folder, file).startsWith('..');
  const found: [boolean, string][] = [
    [kubeconfig !== undefined, 'kubeconfig: a Job works in its own cluster; make a file for each cluster'],
    [awsProfile !== undefined, "awsProfile: pods have their account's role"],
    [!below(values.sitesRoot, paths.sites), `sitesRoot: the claim is mounted at ${paths.sites}`],
    [
      !below(values.caFile, paths.databaseCa) || (values.caFile !== undefined && !job.databaseCaConfigMap),
      `databaseCaFile: the ConfigMap databaseCaConfigMap of job is mounted at ${paths.databaseCa}`,
    ],
    [
      !below(values.healthCaFile, paths.healthCa) ||
        (values.healthCaFile !== undefined && !job.healthCaConfigMap),
      `healthCaFile: the ConfigMap healthCaConfigMap of job is mounted at ${paths.healthCa}`,
    ],
    [!below(location.home, paths.home), `home: only ${paths.home} can be written`],
    [
      !/^(s3|gs|azblob):\/\//.test(location.backendUrl),
      'backendUrl: a folder disappears with its pod; name a bucket',
    ],
    [
      location.secretsProvider === 'passphrase',
      'secretsProvider: name a KMS key, so that no passphrase is needed',
    ],
  ];
  return found.flatMap(([holds, text]) => (holds ? [`${name}, ${text}`] : []));
}

/** The Job controller knows nothing of what deployments share. */
function sharingProblems(members: readonly Member[], { concurrency }: Limits): string[] {
  if (concurrency === 1) return [];
  return [...sharedWriters(members).values()].map(
    (names) =>
      `${names.join(', ')} share an admin secret, so that only one may rotate at a time: set concurrency to 1`,
  );
}

/** What a limit is in seconds where nobody says so. */
export function usualLimit(option: OptionName): number {
  return Number(definitionOf(option).default ?? usualRolloutSeconds);
}

function podSettings(name: string, job: JobText, members: readonly Member[]): FleetJobSettings['pod'] {
  // Deadlines of Kubernetes are whole seconds.
  const longest = (option: OptionName): number =>
    Math.ceil(Math.max(...members.map(({ values }) => Number(values[option] ?? usualLimit(option)))));
  const mounted = (configMap: string | undefined, key = 'ca.pem') =>
    configMap === undefined ? undefined : { configMap, key };
  return {
    ...unused,
    name,
    namespace: job.namespace,
    image: job.image,
    imagePullSecret: job.imagePullSecret,
    serviceAccount: job.serviceAccount,
    roleArn: job.roleArn,
    sitesClaim: job.sitesClaim,
    user: { uid: Number(job.uid ?? 65_532), gid: Number(job.gid ?? 65_532) },
    placement: {
      nodeSelector: job.nodeSelector,
      tolerations: job.tolerations,
      priorityClass: job.priorityClass,
    },
    databaseCa: mounted(job.databaseCaConfigMap, job.databaseCaKey),
    healthCa: mounted(job.healthCaConfigMap, job.healthCaKey),
    timeZone: job.timeZone ?? 'Etc/UTC',
    limits: {
      rolloutSeconds: longest('rolloutTimeoutSeconds'),
      healthSeconds: longest('healthLimitSeconds'),
      idleSeconds: longest('idleLimitSeconds'),
      ...(rightsOf(job).canary === true ? { canarySeconds: longest('canaryLimitSeconds') } : {}),
    },
    resources: {
      cpu: job.cpu ?? '250m',
      memory: job.memory ?? '768Mi',
      memoryLimit: job.memoryLimit ?? '1Gi',
    },
    environment: proxiesOf(job),
    optionalRights: rightsOf(job),
    network: networkOf(job),
  };
}

/** The variables by which the pods find their proxy; see src/base/proxy. */
function proxiesOf({ httpsProxy, httpProxy, noProxy }: JobText): Record<string, string> {
  const all = { HTTPS_PROXY: httpsProxy, HTTP_PROXY: httpProxy, NO_PROXY: noProxy };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

/** The optional rights of the pods where the file does not say. */
export const usualRights: NonNullable<JobText['optionalRights']> = ['lease', 'events', 'workloads'];

function rightsOf({ optionalRights = usualRights }: JobText): OptionalRights {
  const has = (right: keyof OptionalRights): boolean => optionalRights.includes(right);
  return {
    lease: has('lease'),
    events: has('events'),
    pods: has('pods'),
    workloads: has('workloads'),
    canary: has('canary'),
  };
}

function networkOf({ databasePort, databaseCidrs, apiServerPort, egress = [] }: JobText): Network {
  return {
    databasePort: Number(databasePort ?? 3306),
    databaseCidrs: databaseCidrs ?? privateRanges,
    apiServerPort: Number(apiServerPort ?? 443),
    // Each health page has a rule of its own.
    healthPort: 443,
    more: egress.map(({ port, protocol, cidr, namespace }) => ({
      port: Number(port),
      protocol,
      cidr,
      namespace,
    })),
  };
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** What the pod's frame asks for, and a fleet says in its file: see `withoutVariables`. */
const unused = {
  deployment: '',
  kubernetesSecret: '',
  site: '',
  stack: '',
  awsRegion: '',
  slotSecretId: '',
  adminSecretId: '',
  backendUrl: '',
  secretsProvider: '',
  acceptDowntime: false,
  schedule: '',
  suspended: false,
  ifOlderThan: '',
  secretEnvironment: {},
};
