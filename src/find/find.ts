import { connect } from 'node:net';
import { partOf, valueOf } from '../base/part';
import { Cluster } from './cluster';
import { healthAddresses } from './healthUrls';
import { judge } from './judge';
import { listSecrets } from './listSecrets';
import type { Given, Observed, OutputSource } from './observed';
import { podSpec } from './observed';
import { findOpenemr } from './openemr';
import { databaseHost, loginSource } from './podTemplate';
import { isRds } from './region';
import type { Findings } from './seen';
import { choose } from './seen';
import { databaseCaFile, sitesFolders } from './sitesFolder';
import { sourcesOf } from './sources';

/** What to look at. */
export interface FindRequest {
  /** Context of the kubeconfig; its current one without. */
  context: string | undefined;
  given: Given;
  outputs: OutputSource[];
  environment: NodeJS.ProcessEnv;
}

/** What was found, and in which cluster. */
export interface FoundDeployment extends Findings {
  place: Observed['place'];
}

/** How long an address may take to take a connection, in ms. */
const connectLimitMs = 2000;

/**
 * Looks at an OpenEMR that runs, and finds the settings of its rotation. It only reads.
 * @throws Failure when the cluster cannot be read, or OpenEMR's Deployment is not found for certain
 */
export async function findSettings({
  context,
  given,
  outputs,
  environment,
}: FindRequest): Promise<FoundDeployment> {
  const cluster = await Cluster.connect(context);
  const wanted = { namespace: given.namespace?.value, deployment: given.deployment?.value };
  const openemr = await findOpenemr(cluster, wanted);
  const { namespace } = openemr;
  const [cronJobs, services, ingresses, secret, folders] = await Promise.all([
    partOf(cluster.cronJobs(namespace)),
    partOf(cluster.services(namespace)),
    partOf(cluster.ingresses(namespace)),
    readSecret(cluster, openemr, given.kubernetesSecret?.value),
    given.sitesRoot === undefined ? sitesFolders() : [],
  ]);
  const labels = openemr.deployment.spec?.template.metadata?.labels ?? {};
  const addresses = healthAddresses(labels, valueOf(services) ?? [], valueOf(ingresses) ?? []);
  const { context: name, cluster: clusterName, server } = cluster.place;
  const observed: Observed = {
    place: { context: name, cluster: clusterName, server },
    ...{ openemr, cronJobs, services, ingresses, secret, outputs, sitesFolders: folders, listed: undefined },
    reachable: given.healthUrl === undefined ? await reachableOf(addresses.map(({ url }) => url)) : new Set(),
    inPod: (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '',
    defaultRegion: environment['AWS_DEFAULT_REGION'] || undefined,
  };
  const complete = { ...observed, listed: await secretsOf(given, observed) };
  return { ...judge(await withFiles(given, complete), complete), place: complete.place };
}

async function readSecret(
  cluster: Cluster,
  openemr: Observed['openemr'],
  named: string | undefined,
): Promise<Observed['secret']> {
  const spec = podSpec(openemr);
  const name = named ?? choose([loginSource(spec).secrets]).chosen?.value;
  const host = databaseHost(spec);
  const plain = host !== undefined && 'value' in host ? host.value : undefined;
  if (name === undefined)
    return plain === undefined ? undefined : { kind: 'read', value: { keys: [], host: plain } };
  const key = host !== undefined && 'key' in host && host.secret === name ? host.key : 'mysql-host';
  return partOf(
    cluster
      .secretData(openemr.namespace, name)
      .then((data) => ({ keys: Object.keys(data), host: plain ?? data[key] })),
  );
}

/** Lists the secrets of the region, when nothing else names both. */
async function secretsOf(given: Given, observed: Observed): Promise<Observed['listed']> {
  const chosen = (name: 'slotSecretId' | 'adminSecretId' | 'awsRegion'): string | undefined =>
    choose(sourcesOf(name, given, observed)).chosen?.value;
  const region = chosen('awsRegion');
  if (region === undefined || (chosen('slotSecretId') !== undefined && chosen('adminSecretId') !== undefined))
    return undefined;
  return partOf(listSecrets(region));
}

/** What the files of OpenEMR itself say: its only site, where that is not `default`, and the authority of its database. */
async function withFiles(given: Given, observed: Observed): Promise<Given> {
  const [folder, ...more] = observed.sitesFolders;
  const root = given.sitesRoot?.value ?? (more.length > 0 ? undefined : folder?.value);
  if (root === undefined) return given;
  const files: Given = {};
  const [only, ...others] = folder?.sites ?? [];
  if (given.site === undefined && only !== undefined && only !== 'default' && others.length === 0)
    files.site = { value: only, from: `the only one in ${root}` };
  const host = observed.secret && valueOf(observed.secret)?.host;
  if (given.caFile === undefined && host !== undefined && !isRds(host)) {
    const file = await databaseCaFile(root, given.site?.value ?? files.site?.value ?? 'default');
    if (file !== undefined) files.caFile = { value: file, from: 'what OpenEMR itself trusts' };
  }
  return { ...given, ...files };
}

/** The URLs whose host takes a connection. */
async function reachableOf(urls: readonly string[]): Promise<Set<string>> {
  const tried = urls.map(async (url) => ((await takesConnection(new URL(url))) ? [url] : []));
  return new Set((await Promise.all(tried)).flat());
}

function takesConnection({ hostname, port, protocol }: URL): Promise<boolean> {
  const usual = protocol === 'https:' ? 443 : 80;
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: port === '' ? usual : Number(port), timeout: connectLimitMs });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    // The time of a name that is looked up does not count as the socket's own.
    setTimeout(() => end(false), 2 * connectLimitMs).unref();
  });
}
