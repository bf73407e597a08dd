import { mkdirSync, mkdtempSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kubelet } from './kubelet/kubelet';
import { tools } from './package';
import { installPlugins } from './plugins/install';
import { startAwsProxy } from './servers/aws-proxy';
import type { AwsProxy } from './servers/aws-proxy';
import { makeCertificates } from './servers/certificates';
import { startDatabase } from './servers/database';
import type { DatabaseServer } from './servers/database';
import { startKubernetes } from './servers/kubernetes';
import type { KubernetesServers } from './servers/kubernetes';
import { startKubernetesProxy } from './servers/kubernetes-proxy';
import type { KubernetesProxy } from './servers/kubernetes-proxy';
import { startMoto } from './servers/moto';
import { Processes } from './servers/processes';
import { Secrets } from './site/secrets';
import { createSite } from './site/site';
import type { SiteServers } from './site/site';
import type { Lab, LabOptions } from './types';

interface Servers {
  database: DatabaseServer;
  kubernetes: KubernetesServers;
  moto: string;
  proxy: AwsProxy;
  kubernetesProxy: KubernetesProxy;
  kubelet: Kubelet;
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
  const toolPaths = tools();
  const certificates = makeCertificates(toolPaths.openssl, path.join(folder, 'certificates'));
  const context = (name: string): Parameters<typeof startDatabase>[1] => ({
    tools: toolPaths,
    processes,
    certificates,
    folder: path.join(folder, name),
  });
  const [database, kubernetes, moto] = await together(processes, [
    timed(options, options.database, startDatabase(options.database, context(options.database))),
    timed(options, 'kubernetes', startKubernetes(context('kubernetes'))),
    timed(options, 'moto', startMoto(toolPaths, processes)),
    timed(options, 'plugins', makePulumiHome(pulumiHome)),
  ]);
  const [proxy, kubernetesProxy] = await together(processes, [
    startAwsProxy(moto),
    startKubernetesProxy(kubernetes.server, kubernetes.certificates),
  ]);
  const kubelet = new Kubelet(kubernetes.admin, processes, path.join(folder, 'pods'), kubernetesProxy.server);
  await kubelet.start();
  return { database, kubernetes, moto, proxy, kubernetesProxy, kubelet };
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
  { database, kubernetes, moto, proxy, kubernetesProxy, kubelet }: Servers,
): Lab {
  const secrets = new Secrets(moto);
  const shared = { folder, database, kubernetes, kubelet, secrets, pulumiHome };
  const siteServers: SiteServers = {
    ...shared,
    awsEndpoint: proxy.endpoint,
    kubernetesEndpoint: kubernetesProxy.server,
  };
  let sites = 0;
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
    addImage: (name, image) => kubelet.images.add(name, image),
    setClaim: (namespace, name, claimed) => kubelet.setClaim(namespace, name, claimed),
    serveExec: () => kubelet.serveExec(kubernetes.certificates),
    serveLogs: () => kubelet.serveLogs(kubernetes.certificates),
    dropLogs: () => kubelet.dropLogs(),
    podLogs: (namespace, pod) => kubelet.logs(namespace, pod),
    createSite: (siteOptions = {}) => {
      const name = siteOptions.name ?? `site${++sites}`;
      return timed(options, `site ${name}`, createSite(siteServers, name, siteOptions));
    },
    stop: () => (stopping ??= stop()),
  };
}

async function timed<T>({ log }: LabOptions, name: string, work: Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work;
  log?.(`${name}: ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}
