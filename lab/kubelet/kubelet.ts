import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KubernetesClient, WatchEvent } from '../kubernetes-client';
import type { Certificates } from '../servers/certificates';
import type { Processes } from '../servers/processes';
import { ContainerWorker } from './containerWorker';
import { Endpoints } from './endpoints';
import { startExecServer } from './exec';
import { PodFaults } from './faults';
import { Images } from './images';
import type { ContainerImage } from './images';
import type { LogServer } from './logs';
import { startLogServer } from './logs';
import type { Pod, PodFault, Worker } from './pod';
import type { PodRunner } from './runner';
import { foldersIn } from './volumes';
import { PodWorker } from './worker';

const NODE = 'lab';

/** The lab's kubelet: binds every pending Pod to the one node and runs it as processes of this machine. */
export class Kubelet implements PodRunner {
  readonly endpoints = new Endpoints();
  /** What the names of images stand for; any other image is an OpenEMR. */
  private readonly images = new Images();
  private readonly claims = new Map<string, string>();
  private readonly workers = new Map<string, Worker>();
  private readonly faults = new PodFaults();
  private readonly stopping = new AbortController();
  private watching: Promise<void> | undefined;
  private execServer: Promise<number> | undefined;
  private logServer: Promise<LogServer> | undefined;
  private readonly ended = new Set<string>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly processes: Processes,
    private readonly folder: string,
    /** Where containers find the API server. */
    private readonly apiServer: string,
  ) {}

  addImage(name: string, image: ContainerImage): void {
    this.images.add(name, image);
  }

  /** Says which folder of this machine a PersistentVolumeClaim stands for. */
  setClaim(namespace: string, name: string, folder: string): void {
    this.claims.set(`${namespace}/${name}`, folder);
  }

  /** What the pod's container has written so far: stdout and stderr, of all its starts. */
  logs(namespace: string, pod: string): string {
    const file = path.join(this.folder, namespace, pod, 'container.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  volumes(namespace: string, pod: string): Record<string, string> {
    return foldersIn(path.join(this.folder, namespace, pod, 'volumes'));
  }

  /** Makes the Node object and begins to watch. */
  async start(): Promise<void> {
    await this.client.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
    await this.client.patch(`/api/v1/nodes/${NODE}/status`, {
      status: {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        capacity: { cpu: '2', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '2', memory: '8Gi', pods: '110' },
        conditions: [{ type: 'Ready', status: 'True', reason: 'LabIsReady' }],
      },
    });
    this.watching = this.client.watch<Pod>('/api/v1/pods', this.stopping.signal, (event) => this.see(event));
  }

  /** Answers `kubectl exec` from now on, and no `kubectl logs`: a node has one port. */
  async serveExec(certificates: Certificates): Promise<void> {
    this.execServer ??= startExecServer(this.processes, this.folder, certificates);
    await this.servePort(await this.execServer);
  }

  /** Answers `kubectl logs` from now on, for the pods of images; and no `kubectl exec`. */
  async serveLogs(certificates: Certificates): Promise<void> {
    this.logServer ??= startLogServer(this.folder, certificates, (namespace, pod) =>
      this.ended.has(`${namespace}/${pod}`),
    );
    await this.servePort((await this.logServer).port);
  }

  /** Breaks every log that is being followed. */
  async dropLogs(): Promise<void> {
    (await this.logServer)?.drop();
  }

  private async servePort(Port: number): Promise<void> {
    const status = { daemonEndpoints: { kubeletEndpoint: { Port } } };
    await this.client.patch(`/api/v1/nodes/${NODE}/status`, { status });
  }

  /** Looks at no more pods. Their processes end with the lab's. */
  async stop(): Promise<void> {
    this.stopping.abort();
    (await this.logServer)?.close();
    for (const worker of this.workers.values()) worker.kill();
    await this.watching;
  }

  /** Resolves when no pod of a namespace runs here any more. Throws after 40 s. */
  async drained(namespace: string): Promise<void> {
    const end = performance.now() + 40_000;
    while ([...this.workers.values()].some((worker) => worker.namespace === namespace)) {
      if (performance.now() > end) throw new Error(`pods of ${namespace} do not end`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  setFault(namespace: string, fault: PodFault, oneRollout: boolean): void {
    this.faults.set(namespace, fault, oneRollout);
  }

  private see({ type, object: pod }: WatchEvent<Pod>): void {
    const worker = this.workers.get(pod.metadata.uid);
    if (type === 'DELETED') {
      worker?.kill();
      this.workers.delete(pod.metadata.uid);
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      if (worker) void worker.terminate(pod.metadata.deletionGracePeriodSeconds ?? 30);
      else void this.forget(pod);
    } else if (!worker) {
      this.adopt(pod);
    }
  }

  private adopt(pod: Pod): void {
    if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== NODE) return;
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
    const worker = this.workerFor(pod);
    this.workers.set(pod.metadata.uid, worker);
    this.faults.remember(pod);
    void this.bind(pod)
      .then(() => worker.run())
      .then(() => this.ended.add(`${pod.metadata.namespace}/${pod.metadata.name}`))
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) console.error(`lab kubelet, pod ${pod.metadata.name}:`, error);
      });
  }

  private workerFor(pod: Pod): Worker {
    const { client, processes, endpoints, folder, apiServer } = this;
    const image = this.images.find(pod.spec.containers[0]?.image ?? '');
    const claim = (namespace: string, name: string): string | undefined =>
      this.claims.get(`${namespace}/${name}`);
    if (image === undefined)
      return new PodWorker(pod, {
        client,
        processes,
        endpoints,
        folder,
        claim,
        faultFor: (other) => this.faults.of(other),
      });
    return new ContainerWorker(pod, image, { client, processes, folder, apiServer, claim });
  }

  private async bind(pod: Pod): Promise<void> {
    if (pod.spec.nodeName !== undefined) return;
    const { namespace, name } = pod.metadata;
    await this.client.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { apiVersion: 'v1', kind: 'Node', name: NODE },
    });
  }

  /** A pod that is to be deleted and that never ran here. */
  private async forget(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.client.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options).catch(() => undefined);
  }
}
