import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Endpoints } from '../kubelet/endpoints';
import { PodFaults } from '../kubelet/faults';
import type { ContainerImage } from '../kubelet/images';
import type { Pod, PodFault } from '../kubelet/pod';
import type { PodRunner } from '../kubelet/runner';
import type { KubernetesClient, WatchEvent } from '../kubernetes-client';
import { KubernetesError } from '../kubernetes-client';
import { tools } from '../package';
import { NODE } from './configuration';
import { writeImageArchive } from './imageArchive';
import type { LabNode } from './node';
import { PodLogs } from './podLogs';
import { PodVolumes } from './podVolumes';
import { createClaim } from '../site/kubernetes';

/** A Pod with what the real kubelet says of it. */
interface RunningPod extends Pod {
  status?: { phase?: string; podIP?: string; conditions?: { type: string; status: string }[] };
}

/** Of the pages in the image of an OpenEMR. */
const PORT = 80;

/** Pods on a real node: binds them as a scheduler does, and keeps the list of those that are ready, as a Service does. */
export class RealKubelet implements PodRunner {
  readonly endpoints = new Endpoints();
  private readonly faults = new PodFaults();
  private readonly pods = new Map<string, RunningPod>();
  private readonly inRotation = new Map<string, () => Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly podLogs: PodLogs;
  private readonly podVolumes: PodVolumes;
  private preparing: Promise<unknown> = Promise.resolve();
  private watching: Promise<void> | undefined;

  constructor(
    private readonly client: KubernetesClient,
    private readonly node: LabNode,
    /** Below which all that the lab tells its pods lies. */
    private readonly folder: string,
  ) {
    this.podLogs = new PodLogs(node.podLogs, path.join(folder, 'logs'));
    this.podVolumes = new PodVolumes(node.podFolders, path.join(folder, 'volumes'));
  }

  /** The folder that says what is wrong with the pods of a namespace: a file for each pod. */
  faultFolder(namespace: string): string {
    const folder = path.join(this.folder, 'faults', namespace);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Begins to watch. */
  start(): void {
    const see = (event: WatchEvent<RunningPod>): void => this.see(event);
    this.watching = this.client.watch<RunningPod>('/api/v1/pods', this.stopping.signal, see);
  }

  addImage(name: string, image: ContainerImage): void {
    const { archive } = image;
    if (archive !== undefined) return this.prepare(() => this.node.importImage(archive));
    this.prepare(async () => {
      const folder = mkdtempSync(path.join(this.folder, 'image-'));
      try {
        const file = path.join(folder, 'image.tar');
        await writeImageArchive({ file, name, image, layers: layersOf(image, folder) });
        await this.node.importImage(file);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  setClaim(namespace: string, name: string, folder: string): void {
    this.prepare(() => createClaim(this.client, namespace, name, folder));
  }

  /** Pods wait for it. */
  private prepare(work: () => Promise<unknown>): void {
    this.preparing = this.preparing.then(work);
    this.preparing.catch(() => undefined);
  }

  logs(namespace: string, pod: string): string {
    return this.podLogs.read(namespace, pod);
  }

  volumes(namespace: string, name: string): Record<string, string> {
    const pod = [...this.pods.values()].find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
    return pod === undefined ? {} : this.podVolumes.of(pod.metadata.uid);
  }

  /** Nothing is to be done: the kubelet answers. */
  serveExec(): Promise<void> {
    return Promise.resolve();
  }

  serveLogs(): Promise<void> {
    return Promise.resolve();
  }

  dropLogs(): Promise<void> {
    return Promise.reject(new Error('the real kubelet cannot be made to break a log'));
  }

  setFault(namespace: string, fault: PodFault, oneRollout: boolean): void {
    this.faults.set(namespace, fault, oneRollout);
    for (const pod of this.pods.values()) if (pod.metadata.namespace === namespace) this.tellFault(pod);
  }

  /** A container reads it when it starts. */
  private tellFault(pod: RunningPod): void {
    const file = path.join(this.faultFolder(pod.metadata.namespace), pod.metadata.name);
    writeFileSync(`${file}.new`, this.faults.of(pod));
    renameSync(`${file}.new`, file);
  }

  async drained(namespace: string): Promise<void> {
    const end = performance.now() + 60_000;
    while ([...this.pods.values()].some((pod) => pod.metadata.namespace === namespace)) {
      if (performance.now() > end) throw new Error(`pods of ${namespace} do not end`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.podVolumes.stop();
    await this.watching;
    await this.node.stop();
  }

  private see({ type, object: pod }: WatchEvent<RunningPod>): void {
    const { uid, name, namespace } = pod.metadata;
    this.podLogs.keep(namespace, name);
    if (type === 'DELETED') {
      this.pods.delete(uid);
      this.podVolumes.leave(uid);
      return this.rotate(pod, false);
    }
    if (!this.pods.has(uid)) this.adopt(pod);
    this.pods.set(uid, pod);
    const ready =
      pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
    this.rotate(pod, ready && pod.metadata.deletionTimestamp === undefined);
  }

  private rotate({ metadata, status }: RunningPod, wanted: boolean): void {
    const leave = this.inRotation.get(metadata.uid);
    if (wanted && leave === undefined && metadata.labels?.['pod-template-hash'] !== undefined) {
      const { namespace, name } = metadata;
      this.inRotation.set(metadata.uid, this.endpoints.add(namespace, name, PORT, status?.podIP));
    } else if (!wanted && leave !== undefined) {
      this.inRotation.delete(metadata.uid);
      void leave();
    }
  }

  private adopt(pod: RunningPod): void {
    this.tellFault(pod);
    this.faults.remember(pod);
    if (pod.spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined) === true)
      this.podVolumes.follow(pod.metadata.uid);
    if (pod.spec.nodeName !== undefined) return;
    this.preparing
      .then(() => this.bind(pod))
      .catch((error: unknown) => {
        const gone = error instanceof KubernetesError && [404, 409].includes(error.status);
        if (!gone && !this.stopping.signal.aborted)
          console.error(`lab, binding of pod ${pod.metadata.name}:`, error);
      });
  }

  private async bind({ metadata: { namespace, name } }: RunningPod): Promise<void> {
    await this.client.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { apiVersion: 'v1', kind: 'Node', name: NODE },
    });
  }
}

/** This machine's own files as an image are more than an image can be: Debian, and the Node that runs here, stand for them. */
function layersOf(image: ContainerImage, folder: string): string[] {
  if (image.root !== '/') return [image.root];
  const root = path.join(folder, 'node');
  const node = path.join(root, process.execPath);
  mkdirSync(path.dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  return [tools().openemrBase, root];
}
