/** A value in a Secret of the same namespace. */
export interface SecretReference {
  secret: string;
  key: string;
}

/** Who the pod runs as; the group is also the one that its volumes belong to. */
export interface PodUser {
  uid: number;
  gid: number;
}

/** How long the proofs of one rotation may take, in seconds. */
export interface Limits {
  /** Of the restart of OpenEMR's pods. */
  rolloutSeconds: number;
  /** Of the health proof. */
  healthSeconds: number;
  /** Of the wait until the old account has no session any more. */
  idleSeconds: number;
  /** Of the canary's pod, and as much of the one that it is compared with; absent without the right to make them. */
  canarySeconds?: number | undefined;
}

/** Optional permissions. */
export interface OptionalRights {
  /** A Lease beside the lock in the database. */
  lease: boolean;
  /** An Event on the Deployment at the end of a run. */
  events: boolean;
  /**
   * The new pods' own reasons when a restart does not get on, how long pods take to start, quotas without room, and
   * which clients of the database are OpenEMR's pods.
   */
  pods: boolean;
  /** Which other workloads read OpenEMR's Secret. */
  workloads: boolean;
  /**
   * A canary: one pod on the new login before the switch. Who may make pods in a namespace may use each of its Secrets,
   * claims and service accounts by them.
   */
  canary?: boolean | undefined;
}

/** A further way out of the pod: to addresses, or to pods of a namespace (by its name). */
export interface Egress {
  port: number;
  /** TCP where it is not given. */
  protocol?: 'TCP' | 'UDP' | undefined;
  cidr?: string | undefined;
  namespace?: string | undefined;
}

/** Where the pod may connect to. */
export interface Network {
  databasePort: number;
  /** Address ranges of the database. */
  databaseCidrs: readonly string[];
  /** The API server's port behind the Service `kubernetes`. */
  apiServerPort: number;
  /** Port of OpenEMR's containers, for the health page. */
  healthPort: number;
  more: readonly Egress[];
}

/** A taint that the pod puts up with, as Kubernetes takes it. */
export interface Toleration {
  key?: string | undefined;
  operator?: 'Exists' | 'Equal' | undefined;
  value?: string | undefined;
  effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | undefined;
}

/** On which nodes the pod runs, and before whom. */
export interface Placement {
  nodeSelector?: Readonly<Record<string, string>> | undefined;
  tolerations?: readonly Toleration[] | undefined;
  priorityClass?: string | undefined;
}

/** How Prometheus gets the metrics, and which alerts it has. */
export interface Monitoring {
  /** Where the pods push their metrics: they have ended before anybody could scrape them. */
  pushgateway: {
    url: string;
    namespace: string;
    /** The port of its pods. */
    port: number;
    /** Labels of its pods. */
    labels: Readonly<Record<string, string>>;
  };
  /** Labels by which Prometheus selects PodMonitors and PrometheusRules. */
  labels: Readonly<Record<string, string>>;
  /** Alert on a password that is older, in days. */
  passwordDays: number;
  /** Alert when no run has ended for so many days. */
  notRunDays: number;
}

/** What a container asks for and may use at most. */
export interface Resources {
  cpu: string;
  memory: string;
  memoryLimit: string;
}

/**
 * Everything that the objects of one OpenEMR's rotation are made of, checked and complete. `Text` is `string`, or
 * Pulumi's `Input<string>` for what is not known before AWS has made it; those values are only put in place.
 */
export interface RotationSettings<Text = string> {
  /** Begins the name of every object. */
  name: string;
  namespace: string;
  /** OpenEMR's Deployment. */
  deployment: string;
  /** OpenEMR's Secret, with the keys `mysql-*`. */
  kubernetesSecret: string;
  /** The folder below sites/ whose login is changed. */
  site: string;
  /** The Pulumi stack of this OpenEMR in the state bucket. */
  stack: string;
  image: string;
  imagePullSecret?: string | undefined;
  awsRegion: string;
  slotSecretId: Text;
  adminSecretId: Text;
  backendUrl: Text;
  secretsProvider: Text;
  /** A ServiceAccount that is there already; without it one is made. */
  serviceAccount?: string | undefined;
  /** The role for IRSA; without it Pod Identity, or nothing, gives the pod its role. */
  roleArn?: Text | undefined;
  /** The claim that holds OpenEMR's sites/. */
  sitesClaim: string;
  user: PodUser;
  placement?: Placement | undefined;
  healthUrl?: string | undefined;
  /** The ConfigMap with the database's CA; without it Amazon's RDS bundle is trusted. */
  databaseCa?: { configMap: string; key: string } | undefined;
  /** The ConfigMap with the CA of the health page. */
  healthCa?: { configMap: string; key: string } | undefined;
  /** Rotate although the Deployment's strategy takes all pods down at once. */
  acceptDowntime: boolean;
  schedule: string;
  timeZone: string;
  suspended: boolean;
  /** How old the last rotation must be before the schedule rotates again, such as `30d`. */
  ifOlderThan: string;
  limits: Limits;
  resources: Resources;
  optionalRights: OptionalRights;
  network: Network;
  /** Without it there are no objects of the Prometheus Operator. */
  monitoring?: Monitoring | undefined;
  /** Further variables, none of them secret. */
  environment: Readonly<Record<string, string>>;
  /** Further variables whose values stay in Secrets. */
  secretEnvironment: Readonly<Record<string, SecretReference>>;
}

/** Names of the objects; a name is never used for two of one kind. */
export function objectNames({
  name,
  namespace,
  serviceAccount,
}: Pick<RotationSettings, 'name' | 'namespace' | 'serviceAccount'>): {
  serviceAccount: string;
  role: string;
  binding: string;
  cronJob: string;
  job: string;
  networkPolicy: string;
  claim: string;
  volume: string;
} {
  return {
    serviceAccount: serviceAccount ?? `${name}-sa`,
    role: `${name}-role`,
    binding: `${name}-binding`,
    cronJob: name,
    job: `${name}-once`,
    networkPolicy: name,
    claim: `${name}-sites`,
    // Volumes have no namespace.
    volume: `${namespace}-${name}-sites`,
  };
}

/** Labels of every object, and of the pods. */
export function labelsOf({ name }: Pick<RotationSettings, 'name'>): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'credential-rotation',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/part-of': 'openemr',
  };
}

/** Name, namespace and labels of an object. */
export function metadataOf(
  settings: Pick<RotationSettings, 'name' | 'namespace'>,
  name: string,
): { name: string; namespace: string; labels: Record<string, string> } {
  return { name, namespace: settings.namespace, labels: labelsOf(settings) };
}
