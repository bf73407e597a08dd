import { mkdirSync, mkdtempSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clear, contentsOf } from './clear';
import { startDockerParts } from './docker/servers';
import { Kubelet } from './kubelet/kubelet';
import type { PodRunner } from './kubelet/runner';
import { LabNode } from './node/node';
import { RealKubelet } from './node/realKubelet';
import { whyNoRealKubelet } from './node/requirements';
import { tools } from './package';
import { installPlugins } from './plugins/install';
import { startAwsProxy } from './servers/aws-proxy';
import type { AwsProxy } from './servers/aws-proxy';
import { makeCertificates } from './servers/certificates';
import type { Certificates } from './servers/certificates';
import type { KubernetesServers } from './servers/kubernetes';
import { startKubernetesProxy } from './servers/kubernetes-proxy';
import type { KubernetesProxy } from './servers/kubernetes-proxy';
import { startBuiltParts } from './servers/parts';
import type { LabParts } from './servers/parts';
import { Processes } from './servers/processes';
import { Secrets } from './site/secrets';
import { createSite } from './site/site';
import type { SiteServers } from './site/site';
import type { Lab, LabOptions, Site, SiteOptions } from './types';

interface Servers extends LabParts {
  proxy: AwsProxy;
  kubernetesProxy: KubernetesProxy;
  kubelet: PodRunner;
  node: LabNode | undefined;
}

/** Starts all servers, side by side. Throws when one does not get ready, and leaves nothing running then. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const temporary = options.folder === undefined;
  const folder = path.resolve(options.folder ?? mkdtempSync(path.join(tmpdir(), 'openemr-lab-')));
  mkdirSync(folder, { recursive: true });
  const processes = new Processes(folder, temporary);
  const pulumiHome = path.join(folder, 'pulumi-home');
  try {
    const servers = await startServers(options, folder, processes, pulumiHome);
    return assemble(options, folder, temporary, processes, pulumiHome, servers);
  } catch (error) {
    await processes.stop();
    if (temporary) await removeFolder(folder);
    throw error;
  }
}

/** Waits for all parts. When one fails, ends the processes, and waits until no other part writes any more. */
async function together<T extends readonly Promise<unknown>[]>(
  processes: Processes,
  parts: readonly [...T],
): Promise<{ [Index in keyof T]: Awaited<T[Index]> }> {
  try {
    return await Promise.all(parts);
  } catch (error) {
    await processes.stop();
    await Promise.allSettled(parts);
    throw error;
  }
}

/** Removes a folder in which a copy that was given up may still write for a moment; what stays does no harm. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => undefined);
}

async function startServers(
  options: LabOptions,
  folder: string,
  processes: Processes,
  pulumiHome: string,
): Promise<Servers> {
  const node = await startNode(options, folder, processes);
  const { host: address = '127.0.0.1', apiServer } = node?.addresses ?? {};
  const certificates = makeCertificates(
    tools().openssl,
    path.join(folder, 'certificates'),
    node === undefined ? [] : [node.addresses.host, node.addresses.node, node.addresses.apiServer],
  );
  const [parts] = await together(processes, [
    startParts(options, folder, processes, certificates, node),
    timed(options, 'plugins', makePulumiHome(pulumiHome)),
  ]);
  const { kubernetes, moto } = parts;
  const [proxy, kubernetesProxy] = await together(processes, [
    startAwsProxy(moto, address),
    startKubernetesProxy(kubernetes, kubernetes.certificates, address, apiServer),
  ]);
  const kubelet = await startPods(options, folder, processes, kubernetes, kubernetesProxy.server, node);
  return { ...parts, proxy, kubernetesProxy, kubelet, node };
}

/** The servers themselves: of Docker, or those that the set-up has brought. */
async function startParts(
  options: LabOptions,
  folder: string,
  processes: Processes,
  certificates: Promise<Certificates>,
  node: LabNode | undefined,
): Promise<LabParts> {
  if (options.docker === true) {
    const place = { folder: path.join(folder, 'docker'), logs: path.join(folder, 'logs') };
    const docker = startDockerParts({ processes, certificates: await certificates, ...place });
    return timed(options, 'servers in Docker', docker);
  }
  const { host: address = '127.0.0.1', services } = node?.addresses ?? {};
  const [database, kubernetes, moto] = await together(
    processes,
    startBuiltParts({
      ...{ database: options.database, tools: tools(), processes, certificates, folder, address },
      ...(services === undefined ? {} : { services }),
      timed: (name, work) => timed(options, name, work),
    }),
  );
  return { database, kubernetes, moto };
}

/** The node of the real kubelet, with containerd on its way; undefined without it. Throws at once where that cannot be. */
async function startNode(
  options: LabOptions,
  folder: string,
  processes: Processes,
): Promise<LabNode | undefined> {
  if ((options.kubelet ?? process.env['LAB_KUBELET']) !== 'real') return undefined;
  const reason = whyNoRealKubelet(folder);
  if (reason !== undefined) throw new Error(reason);
  return timed(options, 'node', LabNode.start(processes, path.join(folder, 'node')));
}

async function startPods(
  options: LabOptions,
  folder: string,
  processes: Processes,
  { admin, adminKubeconfig, certificates }: KubernetesServers,
  apiServer: string,
  node: LabNode | undefined,
): Promise<PodRunner> {
  const pods = path.join(folder, 'pods');
  mkdirSync(pods, { recursive: true });
  if (node === undefined) {
    const kubelet = new Kubelet(admin, processes, pods, apiServer);
    await kubelet.start();
    return kubelet;
  }
  await timed(options, 'kubelet', node.startKubelet(admin, adminKubeconfig, certificates));
  const kubelet = new RealKubelet(admin, node, pods);
  kubelet.start();
  return kubelet;
}

/** A PULUMI_HOME as the installer of Pulumi leaves it: the engine in `bin`, the plugins in `plugins`. */
async function makePulumiHome(pulumiHome: string): Promise<void> {
  await mkdir(pulumiHome, { recursive: true });
  await symlink(path.join(tools().pulumi, 'bin'), path.join(pulumiHome, 'bin'));
  await installPlugins(pulumiHome);
}

function assemble(
  options: LabOptions,
  folder: string,
  temporary: boolean,
  processes: Processes,
  pulumiHome: string,
  { database, kubernetes, moto, proxy, kubernetesProxy, kubelet, node }: Servers,
): Lab {
  const secrets = new Secrets(moto);
  const { docker = false } = options;
  const shared = { folder, database, kubernetes, kubelet, secrets, pulumiHome };
  const siteServers: SiteServers = {
    ...shared,
    address: node?.addresses.host ?? '127.0.0.1',
    isRealKubelet: node !== undefined,
    awsEndpoint: proxy.endpoint,
    kubernetesEndpoint: kubernetesProxy.server,
  };
  const sites = new Sites((name, siteOptions) =>
    timed(options, `site ${name}`, createSite(siteServers, name, siteOptions)),
  );
  const cleared = { database, kubernetes, moto, proxies: [proxy, kubernetesProxy] };
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([kubelet.stop(), database.close(), proxy.close(), kubernetesProxy.close()]);
    secrets.close();
    await processes.stop();
    kubernetes.admin.close();
    if (temporary) await removeFolder(folder);
  };
  return {
    folder,
    database,
    aws: {
      endpoint: proxy.endpoint,
      requests: () => proxy.requests(),
      settled: () => proxy.settled(),
      fault: (rule) => proxy.fault(rule),
    },
    kubernetes: {
      ...kubernetes,
      requests: () => kubernetesProxy.requests(),
      fault: (rule) => kubernetesProxy.fault(rule),
    },
    pulumiHome,
    addImage: (name, image) => kubelet.addImage(name, image),
    setClaim: (namespace, name, claimed) => kubelet.setClaim(namespace, name, claimed),
    serveExec: () => (docker ? unreachable() : kubelet.serveExec(kubernetes.certificates)),
    serveLogs: () => (docker ? unreachable() : kubelet.serveLogs(kubernetes.certificates)),
    dropLogs: () => kubelet.dropLogs(),
    podLogs: (namespace, pod) => kubelet.logs(namespace, pod),
    podVolumes: (namespace, pod) => kubelet.volumes(namespace, pod),
    createSite: (siteOptions) => sites.create(siteOptions),
    contents: () => contentsOf(cleared),
    clear: (before) => clear(cleared, sites.left, before),
    stop: () => (stopping ??= stop()),
  };
}

/** The sites of a lab: gives names to those that have none, and knows which are still there. */
class Sites {
  readonly left = new Set<Site>();
  private made = 0;

  constructor(private readonly make: (name: string, options: SiteOptions) => Promise<Site>) {}

  async create(options: SiteOptions = {}): Promise<Site> {
    const site = await this.make(options.name ?? `site${++this.made}`, options);
    const tracked: Site = {
      ...site,
      remove: async () => {
        await site.remove();
        this.left.delete(tracked);
      },
    };
    this.left.add(tracked);
    return tracked;
  }
}

/** An API server in a container does not come to what listens on this machine alone. */
function unreachable(): Promise<never> {
  return Promise.reject(new Error('With --docker the lab answers neither kubectl exec nor kubectl logs.'));
}

async function timed<T>({ log }: LabOptions, name: string, work: Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work;
  log?.(`${name}: ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}
