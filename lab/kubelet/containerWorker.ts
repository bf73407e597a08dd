import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { KubernetesClient } from '../kubernetes-client';
import type { Processes } from '../servers/processes';
import { logEnd, RunningContainer } from './container';
import { containerVariables, injectedVariables } from './environment';
import type { ContainerImage } from './images';
import { ContainerConfigError, Lookup } from './lookup';
import type { Container, Pod, Worker } from './pod';
import { runtimeSpec } from './runtimeSpec';
import { StatusWriter } from './status';
import { prepareVolume } from './volumes';

/** What a worker needs of the kubelet around it. */
export interface ContainerContext {
  client: KubernetesClient;
  processes: Processes;
  /** Folder for the pods' logs and volumes. */
  folder: string;
  /** Where containers find the API server. */
  apiServer: string;
  /** The folder behind a claim, if there is one. */
  claim(namespace: string, name: string): string | undefined;
}

/** Milliseconds before a container is tried again: doubled each time. */
const BACKOFF_FIRST = 250;
const BACKOFF_MOST = 5000;

/** Runs the one container of a pod as the pod's restart policy says, until it has ended or the pod is deleted. */
export class ContainerWorker implements Worker {
  readonly namespace: string;
  private readonly status: StatusWriter;
  private readonly folder: string;
  private readonly logFile: string;
  private running: RunningContainer | undefined;
  private terminating = false;
  private finished: Promise<void> | undefined;

  constructor(
    private readonly pod: Pod,
    private readonly image: ContainerImage,
    private readonly context: ContainerContext,
  ) {
    const { namespace, name } = pod.metadata;
    this.namespace = namespace;
    this.status = new StatusWriter(context.client, pod);
    this.folder = path.join(context.folder, namespace, name);
    this.logFile = path.join(this.folder, 'container.log');
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  run(): Promise<void> {
    return (this.finished ??= this.loop());
  }

  private async loop(): Promise<void> {
    let restarts = 0;
    for (let attempt = 0; !this.terminating; attempt++) {
      const terminated = await this.attempt(restarts);
      if (terminated !== undefined) {
        const { exitCode } = terminated;
        const policy = this.pod.spec.restartPolicy ?? 'Always';
        const again = policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
        if (!again || this.terminating) {
          const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
          this.status.set({ phase, ready: false, state: { terminated } });
          return;
        }
        const message = `back-off restarting failed container in pod ${this.pod.metadata.name}`;
        const waiting = { reason: 'CrashLoopBackOff', message };
        this.status.set({
          ready: false,
          restarts: ++restarts,
          state: { waiting },
          lastState: { terminated },
        });
      }
      await this.pause(Math.min(BACKOFF_FIRST * 2 ** attempt, BACKOFF_MOST));
    }
  }

  /** One start; gives how it ended, or nothing when it could not be tried. */
  private async attempt(restarts: number): Promise<{ exitCode: number; [key: string]: unknown } | undefined> {
    let container: RunningContainer;
    try {
      container = await this.start();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const waiting = { reason: 'CreateContainerConfigError', message };
      this.status.set({ state: { waiting } });
      return undefined;
    }
    const startedAt = new Date().toISOString();
    const begun = await container.begun();
    if (begun) this.status.set({ started: true, ready: true, restarts, state: { running: { startedAt } } });
    const exitCode = await container.ended();
    this.running = undefined;
    const policy = this.onlyContainer().terminationMessagePolicy;
    const tell = exitCode !== 0 && (!begun || policy === 'FallbackToLogsOnError');
    return {
      exitCode,
      reason: begun ? (exitCode === 0 ? 'Completed' : 'Error') : 'StartError',
      ...(tell ? { message: logEnd(this.logFile) } : {}),
      startedAt,
      finishedAt: new Date().toISOString(),
    };
  }

  private onlyContainer(): Container {
    const { containers, initContainers = [] } = this.pod.spec;
    const [container] = containers;
    if (container === undefined || containers.length + initContainers.length > 1)
      throw new ContainerConfigError('the lab runs pods of one container');
    return container;
  }

  private async start(): Promise<RunningContainer> {
    const { pod, image, context, folder, logFile } = this;
    const { client, apiServer } = context;
    const container = this.onlyContainer();
    const lookup = new Lookup(client, pod);
    const injected = await injectedVariables(pod, client, apiServer);
    const environment = await containerVariables(pod, container, lookup, injected);
    const volumes = new Map<string, string>();
    for (const volume of pod.spec.volumes ?? []) {
      const claim = (name: string): string | undefined => context.claim(this.namespace, name);
      const place = { pod, client, lookup, claim, folder: path.join(folder, 'volumes') };
      volumes.set(volume.name, await prepareVolume(place, volume));
    }
    const spec = runtimeSpec({ pod, container, image, environment, volumes });
    if (this.terminating) throw new ContainerConfigError('the pod is being deleted');
    const name = `${this.namespace}.${pod.metadata.name}`;
    const bundle = { folder: path.join(folder, 'bundle'), root: image.root, spec, logFile };
    return (this.running = RunningContainer.start(context.processes, name, bundle));
  }

  /** Idempotent. The pod's last status says how the container ended. */
  async terminate(graceSeconds: number): Promise<void> {
    if (this.terminating) return;
    this.terminating = true;
    this.wake();
    const { running } = this;
    await Promise.race([this.end(running), later(graceSeconds * 1000)]);
    running?.kill();
    await this.finished?.catch(() => undefined);
    await this.status.written();
    this.status.close();
    rmSync(path.join(this.folder, 'volumes'), { recursive: true, force: true });
    rmSync(path.join(this.folder, 'bundle'), { recursive: true, force: true });
    const { namespace, name, uid } = this.pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.context.client
      .delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options)
      .catch(() => undefined);
  }

  private async end(running: RunningContainer | undefined): Promise<void> {
    await running?.stop();
    await running?.ended();
  }

  kill(): void {
    this.terminating = true;
    this.wake();
    this.running?.kill();
  }

  /** Ends a pause. */
  private wake: () => void = () => undefined;

  private pause(milliseconds: number): Promise<void> {
    if (this.terminating) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
