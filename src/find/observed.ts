import type { V1CronJob, V1Ingress, V1PodSpec, V1Service } from '@kubernetes/client-node';
import type { Part } from '../base/part';
import type { HealthAddress } from './healthUrls';
import type { OpenemrDeployment } from './openemr';
import type { Output } from './outputs';
import type { ListedSecret } from './secretNames';
import type { Seen } from './seen';
import type { OptionName } from '../settings/options';
import type { SitesFolder } from './sitesFolder';

/** Values that somebody has set, by where they stand. */
export type Given = Partial<Record<OptionName, Seen>>;

/** Outputs of the tool that made the AWS half, and the file or folder that they are from. */
export interface OutputSource {
  source: string;
  outputs: Output[];
}

/** What there is to see of an OpenEMR. No password is in it. */
export interface Observed {
  place: { context: string; cluster: string; server: string };
  openemr: OpenemrDeployment;
  cronJobs: Part<V1CronJob[]>;
  services: Part<V1Service[]>;
  ingresses: Part<V1Ingress[]>;
  /** Addresses of the health page that take a connection from here. */
  reachable: ReadonlySet<string>;
  /** Whether this process is a pod, which finds the cluster's own names. */
  inPod: boolean;
  /** The Secret's keys, and its mysql-host; undefined where the Deployment names no Secret. */
  secret: Part<{ keys: string[]; host: string | undefined }> | undefined;
  outputs: OutputSource[];
  sitesFolders: SitesFolder[];
  /** `AWS_DEFAULT_REGION`, which is no setting. */
  defaultRegion: string | undefined;
  /** The secrets of the region, where it was needed to list them. */
  listed: Part<ListedSecret[]> | undefined;
}

/** The pods' specification. */
export function podSpec({ deployment }: OpenemrDeployment): V1PodSpec | undefined {
  return deployment.spec?.template.spec;
}

/** A page by TLS under a load balancer's own name, ALB or NLB, of which no certificate is. */
export function isOfLoadBalancer(url: string): boolean {
  return /^https:\/\/[^/]*\.elb\.(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?(?:[/:]|$)/.test(url);
}

/** The addresses of the health page, the one to take first. */
export function inOrderOfUse(
  addresses: readonly HealthAddress[],
  { reachable, inPod }: Pick<Observed, 'reachable' | 'inPod'>,
): HealthAddress[] {
  // Where a load balancer's own name is reached by TLS, the rotation would refuse its certificate.
  const schemeRank = (url: string): number =>
    reachable.has(url) && isOfLoadBalancer(url) ? 2.5 : url.startsWith('https:') ? 0 : 2;
  const rank = ({ url, inCluster }: HealthAddress): number =>
    (reachable.has(url) ? 0 : 4) + schemeRank(url) + (inCluster === inPod ? 0 : 1);
  return [...addresses].sort((one, other) => rank(one) - rank(other));
}
