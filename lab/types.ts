import type { Contents } from './clear';
import type { ContainerImage } from './kubelet/images';
import type { PodFault } from './kubelet/pod';
import type { AwsFault, AwsRequest } from './servers/aws-proxy';
import type { Database, Flavour } from './servers/releases';
import type { KubernetesFault } from './servers/kubernetes-proxy';
import type { KubernetesRequest } from './servers/kubernetes-requests';
import type { Canary, CanaryOptions } from './traffic/canary';
import type { Load, LoadOptions } from './traffic/load';

/** How to start a lab. */
export interface LabOptions {
  database: Database;
  /** Where everything goes; it is kept. Without it a temporary folder, which is removed at the end. */
  folder?: string;
  /** What runs the pods: the lab's own kubelet with processes (default), or the real one, as root. `LAB_KUBELET` is the default of it. */
  kubelet?: 'process' | 'real';
  /** Servers from official images by Docker, instead of those of the set-up; `database` is then MySQL 8.4 whatever it says. */
  docker?: boolean;
  /** Told what the lab is doing, a line at a time. */
  log?: (line: string) => void;
}

/** The servers of one machine. */
export interface Lab {
  folder: string;
  database: {
    flavour: Flavour;
    host: string;
    port: number;
    /** The authority that signed the server's certificate, PEM. */
    caFile: string;
    /** Runs SQL as root; gives the rows. */
    root(sql: string, values?: unknown[]): Promise<unknown[]>;
    generalLogFile: string;
  };
  aws: {
    /** The recording proxy before moto. */
    endpoint: string;
    /** What came through the proxy so far, oldest first. The lab's own requests do not. */
    requests(): AwsRequest[];
    /** Ends when every request so far has its answer; a client that ended may have left one on its way. */
    settled(): Promise<void>;
    /** Adds a rule that makes requests fail; gives the function that takes it away. */
    fault(rule: AwsFault): () => void;
  };
  kubernetes: {
    /** The API server itself. The `KUBECONFIG` of a site's environment names the recording proxy before it. */
    server: string;
    adminKubeconfig: string;
    auditLogFile: string;
    /** What came through the proxy so far, oldest first. The lab's own requests do not. */
    requests(): KubernetesRequest[];
    /** Adds a rule that makes requests fail; gives the function that takes it away. */
    fault(rule: KubernetesFault): () => void;
  };
  /** The lab's own PULUMI_HOME, with the plugins in it, and the engine as `bin/pulumi`. */
  pulumiHome: string;
  /**
   * From now on pods with this `image:` run as real containers (by crun) of this file tree, with the machine's network.
   * Their API server is the recording proxy.
   */
  addImage(name: string, image: ContainerImage): void;
  /** Says which folder of this machine a PersistentVolumeClaim stands for: the lab has no storage controller. */
  setClaim(namespace: string, name: string, folder: string): void;
  /** What the container of a pod with an image of `addImage` wrote so far to stdout and stderr; kept when the pod is gone. */
  podLogs(namespace: string, pod: string): string;
  /**
   * The folders of this machine with what that container has put into the pod's volumes, by the volumes' names, until the pod is
   * deleted: of volumes that are the pod's own. On the real kubelet files that the container has removed may still be there.
   */
  podVolumes(namespace: string, pod: string): Record<string, string>;
  /** From now on `kubectl exec` is answered for the pods of an OpenEMR. Only `npm test` builds what that needs. */
  serveExec(): Promise<void>;
  /** From now on `kubectl logs` is answered for the pods with an image of `addImage`, and `kubectl exec` is not. */
  serveLogs(): Promise<void>;
  /** Breaks every log that is being followed. */
  dropLogs(): Promise<void>;
  /** Makes an OpenEMR and waits until its pods are ready. */
  createSite(options?: SiteOptions): Promise<Site>;
  /** What there is beyond the sites, as accounts of the database and objects of the cluster as a whole. */
  contents(): Promise<Contents>;
  /**
   * Takes away the sites and whatever else is not in `before`, empties AWS, and forgets what was recorded and which faults were asked for.
   * @returns what differs from `before` all the same, one text each; a lab with any of these is to be stopped, not used again
   */
  clear(before: Contents): Promise<string[]>;
  /** Ends every process that the lab began. Idempotent. */
  stop(): Promise<void>;
}

/** The states of the world in which a rotation may find an OpenEMR. */
export const STARTING_POINTS = [
  'a-active',
  'b-active',
  'reconcile',
  'bootstrap',
  'empty-standby',
  'empty-secret',
] as const;

/**
 * `a-active`, `b-active`: all in order. `reconcile`: OpenEMR is on B while the secret says A. `bootstrap`: it is on
 * a user that is neither slot, and the slots hold empty values. `empty-standby`: A active, B is `{}`.
 * `empty-secret`: it is on the admin user, and both slots are `{}`.
 */
export type StartingPoint = (typeof STARTING_POINTS)[number];

/** How to make a site. */
export interface SiteOptions {
  /** Lower-case letters, digits and dashes, at most 20; default `site1`, `site2`… */
  name?: string;
  /** Default `a-active`. */
  start?: StartingPoint;
  /** `request` (default): PHP reads sqlconf.php on each request. `cached`: once, at the start of a pod. */
  phpMode?: 'request' | 'cached';
  /** Its folder below `sites/`; default `default`. */
  openemrSite?: string;
  /** Default 2. */
  replicas?: number;
  /** Default 30. */
  progressDeadlineSeconds?: number;
  /** Its pods have `sites/` on a volume, as in the field, and the Role of the canary is given. Default false: as before. */
  canary?: boolean;
  /** First passwords of its accounts, for a site that a recorded state is about. Default: fresh ones. */
  passwords?: { A: string; B: string; admin: string };
}

/** What sqlconf.php says. */
export interface SqlConfValues {
  host: string;
  port: string;
  login: string;
  pass: string;
  dbase: string;
}

/** What pages do otherwise. */
export interface PageSwitches {
  /** Every page but the login page, so that pods stay ready, answers 500 while sqlconf.php names one of these users. */
  refuses?: string[];
  /** Every page calls this stored function of the schema, by the account of sqlconf.php. */
  routine?: string;
  /** `false`: OpenEMR logs in without TLS. */
  tls?: boolean;
}

/** One OpenEMR: its pods, files, schema, users and secrets. */
export interface Site {
  name: string;
  folder: string;
  namespace: string;
  deployment: string;
  kubernetesSecret: string;
  sitesRoot: string;
  /** `<sitesRoot>/default/sqlconf.php`, or that of `openemrSite`. */
  sqlconfFile: string;
  slotSecretId: string;
  adminSecretId: string;
  schema: string;
  users: { A: string; B: string; admin: string };
  /** An HTTP front over the ready pods, as a Service would be. */
  healthUrl: string;
  /** Every password that the lab itself has ever put into this site. */
  canaries(): string[];
  /** All variables that a run of the command needs. */
  environment: Record<string, string>;
  /** AWSCURRENT of the slot secret. */
  slotDocument(): Promise<Record<string, unknown>>;
  /** AWSCURRENT of the admin secret. */
  adminDocument(): Promise<Record<string, unknown>>;
  /** As real PHP evaluates the file. */
  sqlconf(): Promise<SqlConfValues>;
  /** Decoded. */
  kubernetesSecretData(): Promise<Record<string, string>>;
  /** A real login over TLS. */
  canLogin(user: string, password: string): Promise<boolean>;
  /**
   * What is wrong with containers that start from now on. Those of the health page (`HealthForm`) are on the health path
   * only, so the rollout itself ends well. With `rollouts: 1` only the next new pod template is meant: the pods
   * of a rollback are sound again.
   */
  podFault(fault: PodFault, options?: { rollouts?: 1 }): Promise<void>;
  /** What all pages of all pods do otherwise from the next request on; what is left out is as it was at first. */
  pages(switches: PageSwitches): Promise<void>;
  /** Restarts the pods by an annotation, without any rotation, and waits for the end; gives milliseconds. */
  restart(): Promise<number>;
  /** Sends requests to the ready pods at a constant rate until it is stopped. */
  load(options?: LoadOptions): Load;
  /** Logs in with what sqlconf.php and the Kubernetes Secret say, repeatedly until it is stopped. */
  canary(options?: CanaryOptions): Canary;
  /** Takes the site away: pods, schema, users, secrets, folder. */
  remove(): Promise<void>;
}
