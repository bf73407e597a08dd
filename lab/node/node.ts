import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubernetesClient } from '../kubernetes-client';
import { tools } from '../package';
import type { Certificates } from '../servers/certificates';
import type { Processes } from '../servers/processes';
import { ready } from '../servers/processes';
import type { NodeAddresses } from './addresses';
import {
  CONTAINERD_SOCKET,
  containerdConfiguration,
  kubeletConfiguration,
  networkConfiguration,
  NODE,
} from './configuration';
import type { NodePlan } from './configuration';
import { controlGroupEnded, makeControlGroup } from './controlGroups';
import { nodeImages } from './images';
import { Sandbox } from './sandbox';

let nodes = 0;

/** A machine of its own within this one, as far as namespaces go: containerd and the kubelet run on it. */
export class LabNode {
  private containerd: Promise<void> | undefined;

  private constructor(
    private readonly sandbox: Sandbox,
    private readonly plan: NodePlan,
  ) {}

  /** Makes the namespaces, and lets containerd begin, with the image of an OpenEMR on the way. */
  static async start(processes: Processes, folder: string): Promise<LabNode> {
    const runtime = tools().podRuntime;
    const programs = ['usr/bin', 'usr/sbin'].map((name) => path.join(runtime, name)).join(':');
    const environment = {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      // runc loads libseccomp, which not every machine has.
      LD_LIBRARY_PATH: path.join(runtime, 'libraries'),
      CONTAINERD_ADDRESS: CONTAINERD_SOCKET,
      CONTAINERD_NAMESPACE: 'k8s.io',
    };
    const controlGroup = `openemr-lab-${process.pid}-${++nodes}`;
    makeControlGroup(controlGroup);
    processes.atEnd(`group ${controlGroup}`);
    const sandbox = await Sandbox.start(processes, folder, environment);
    const node = new LabNode(sandbox, { addresses: sandbox.addresses, folder, controlGroup, runtime });
    node.containerd = node.startContainerd();
    // A failure is seen by whoever waits for it.
    node.containerd.catch(() => undefined);
    return node;
  }

  get addresses(): NodeAddresses {
    return this.plan.addresses;
  }

  /** Where the kubelet writes the logs of pods. */
  get podLogs(): string {
    return path.join(this.plan.folder, 'logs');
  }

  /** Where the kubelet has the folders of pods, by their uids. */
  get podFolders(): string {
    return path.join(this.kubeletFolder, 'pods');
  }

  private get kubeletFolder(): string {
    return path.join(this.plan.folder, 'kubelet');
  }

  private file(name: string, content: string): string {
    const file = path.join(this.plan.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  private async startContainerd(): Promise<void> {
    this.file('cni/10-lab.conflist', networkConfiguration(this.plan.addresses));
    const file = this.file('containerd.toml', containerdConfiguration(this.plan));
    const child = this.sandbox.spawn('containerd', 'containerd', ['--config', file]);
    const images = nodeImages();
    images.catch(() => undefined);
    await ready(child, async () => (await this.sandbox.run('ctr', ['version'])) !== '');
    for (const archive of await images) await this.importImage(archive);
  }

  /** Makes the images of an archive known to the node. */
  async importImage(archive: string): Promise<void> {
    await this.sandbox.run('ctr', ['images', 'import', archive]);
  }

  /** Starts the kubelet; resolves when the node is ready for pods. */
  async startKubelet(
    client: KubernetesClient,
    kubeconfig: string,
    certificates: Certificates,
  ): Promise<void> {
    await this.containerd;
    const { addresses } = this.plan;
    this.file('resolv.conf', `nameserver ${addresses.host}\n`);
    const child = this.sandbox.spawn('kubelet', tools().kubelet, [
      `--config=${this.file('kubelet.yaml', kubeletConfiguration(this.plan, certificates))}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${this.kubeletFolder}`,
      `--hostname-override=${NODE}`,
      `--node-ip=${addresses.node}`,
      '--v=2',
    ]);
    interface Node {
      status?: { conditions?: { type: string; status: string }[] };
    }
    await ready(child, async () => {
      const { status } = await client.get<Node>(`/api/v1/nodes/${NODE}`);
      return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
    });
  }

  /** Ends all that runs on the node; the kernel takes away mounts, networks and processes with its first one. */
  async stop(): Promise<void> {
    this.sandbox.child.signal('SIGKILL');
    await this.sandbox.child.exited;
    await controlGroupEnded(this.plan.controlGroup);
  }
}
