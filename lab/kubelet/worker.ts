import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { labSource, tools } from '../package';
import { freePort, releasePort } from '../servers/ports';
import type { Child, Processes } from '../servers/processes';
import type { KubernetesClient } from '../kubernetes-client';
import { bindsOf, boundCommand } from './binds';
import type { Endpoints } from './endpoints';
import { containerVariables } from './environment';
import { Lookup } from './lookup';
import type { Container, Pod, PodFault, Worker } from './pod';
import { httpProbe } from './probe';
import { StatusWriter } from './status';

/** What a worker needs of the kubelet around it. */
export interface WorkerContext {
  client: KubernetesClient;
  processes: Processes;
  endpoints: Endpoints;
  /** Folder for the pods' logs and copies. */
  folder: string;
  /** The fault of a container of this pod that starts now. */
  faultFor(pod: Pod): PodFault;
  /** The folder behind a claim, if there is one. */
  claim(namespace: string, name: string): string | undefined;
}

/** Milliseconds between probes until the pod is ready; then it is as often as the pod says. */
const PROBE_STARTING = 40;
/** Milliseconds before a crashed container starts again: doubled at each crash. */
const BACKOFF_FIRST = 250;
const BACKOFF_MOST = 5000;

/** How a container ended. */
interface Terminated {
  exitCode: number;
  [key: string]: unknown;
}

/** One start of a pod: how its container ended, or what keeps it from being tried. */
type Outcome = { terminated: Terminated } | { waiting: { reason: string; message: string } };

/**
 * Runs one pod: its init containers, then one `php -S` with workers, started again when it ends, unless the pod is never
 * restarted, until the pod is deleted. A pod that nobody owns has an address of its own, with the port of its container.
 */
export class PodWorker implements Worker {
  private readonly status: StatusWriter;
  private readonly ending = new AbortController();
  private readonly folder: string;
  private readonly name: string;
  private child: Child | undefined;
  private leave: (() => Promise<void>) | undefined;
  private terminating = false;
  private expired = false;
  /** Nobody owns it: it is behind no Service. */
  private readonly bare: boolean;
  private readonly address: string;

  constructor(
    private readonly pod: Pod,
    private readonly context: WorkerContext,
  ) {
    this.bare = (pod.metadata.ownerReferences ?? []).length === 0;
    this.address = this.bare ? addressOf(pod.metadata.uid) : '127.0.0.1';
    this.status = new StatusWriter(context.client, pod, this.address);
    this.name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    this.folder = path.join(context.folder, pod.metadata.namespace, pod.metadata.name);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  get namespace(): string {
    return this.pod.metadata.namespace;
  }

  /** Runs the container as the restart policy says. Resolves when the pod has ended or is being deleted. */
  async run(): Promise<void> {
    const { restartPolicy, activeDeadlineSeconds } = this.pod.spec;
    const deadline =
      activeDeadlineSeconds === undefined
        ? undefined
        : setTimeout(() => this.expire(), activeDeadlineSeconds * 1000).unref();
    let restarts = 0;
    for (let attempt = 0; !this.terminating && !this.expired; attempt++) {
      const outcome = await this.runOnce(restarts);
      if (this.terminating || this.expired) break;
      if ('terminated' in outcome && restartPolicy === 'Never') {
        const { terminated } = outcome;
        const phase = terminated.exitCode === 0 ? 'Succeeded' : 'Failed';
        this.status.set({ phase, ready: false, state: { terminated } });
        break;
      }
      this.status.set({ ready: false, restarts, ...this.backOff(outcome) });
      await this.pause(Math.min(BACKOFF_FIRST * 2 ** attempt, BACKOFF_MOST));
      if ('terminated' in outcome) restarts++;
    }
    clearTimeout(deadline);
  }

  private backOff(outcome: Outcome): Record<string, Record<string, unknown>> {
    if ('waiting' in outcome) return { state: { waiting: outcome.waiting } };
    const message = `back-off restarting failed container in pod ${this.name}`;
    const { terminated } = outcome;
    return { state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState: { terminated } };
  }

  /** The pod has lived as long as it may. */
  private expire(): void {
    this.expired = true;
    this.ending.abort();
    this.child?.signal('SIGKILL');
    this.status.set({ phase: 'Failed', reason: 'DeadlineExceeded', ready: false });
  }

  private async runOnce(restarts: number): Promise<Outcome> {
    const [container] = this.pod.spec.containers;
    if (container === undefined) throw new Error(`pod ${this.name} has no container`);
    const lookup = new Lookup(this.context.client, this.pod);
    try {
      for (const init of this.pod.spec.initContainers ?? []) {
        const terminated = await this.runInit(init, lookup);
        if (terminated.exitCode !== 0) return { terminated };
      }
      const environment = await containerVariables(this.pod, container, lookup, {});
      const port = this.bare ? (container.ports?.[0]?.containerPort ?? 80) : await freePort();
      if (this.terminating || this.expired) return { terminated: ended(137, new Date()) };
      return { terminated: await this.serve(container, port, environment, restarts) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { waiting: { reason: 'CreateContainerConfigError', message } };
    }
  }

  /** An init container runs its command here; one without is the image's own, which has nothing to do. */
  private async runInit(container: Container, lookup: Lookup): Promise<Terminated> {
    const startedAt = new Date();
    const command = [...(container.command ?? ['true']), ...(container.args ?? [])];
    const environment = await containerVariables(this.pod, container, lookup, {});
    const child = this.spawn(container, command, environment);
    this.child = child;
    const code = await child.exited;
    const terminated = ended(code, startedAt);
    const done = { name: container.name, ready: code === 0, restartCount: 0, state: { terminated } };
    this.status.set({ initStatuses: [...(this.status.current.initStatuses ?? []), done] });
    return terminated;
  }

  private async serve(
    container: Container,
    port: number,
    environment: Record<string, string>,
    restarts: number,
  ): Promise<Terminated> {
    const startedAt = new Date();
    const child = this.start(container, port, environment);
    this.child = child;
    const state = { running: { startedAt: startedAt.toISOString() } };
    // Without a probe a container is ready when it runs.
    const ready = this.bare && container.readinessProbe === undefined;
    this.status.set({ started: true, ready, restarts, state });
    const probing = new AbortController();
    if (!ready) void this.probe(port, AbortSignal.any([probing.signal, this.ending.signal]));
    const code = await child.exited;
    probing.abort();
    if (!this.terminating) await this.leave?.();
    this.leave = undefined;
    if (!this.bare) releasePort(port);
    return ended(code, startedAt);
  }

  private start(container: Container, port: number, environment: Record<string, string>): Child {
    const php = tools().php;
    const pages = labSource('openemr');
    const script = `"$0" -d display_errors=stderr "$1/start.php" && exec "$0" -d display_errors=stderr -S "$2" -t "$1" "$1/router.php"`;
    const command = ['/bin/sh', '-c', script, php, pages, `${this.address}:${port}`];
    return this.spawn(container, command, {
      PHP_CLI_SERVER_WORKERS: '4',
      ...environment,
      LAB_FAULT: this.context.faultFor(this.pod),
      LAB_SQLCONF_COPY: path.join(this.folder, 'sqlconf.php'),
    });
  }

  /** Starts a command of a container, with its mounts. Throws when one cannot be made. */
  private spawn(container: Container, command: string[], env: Record<string, string>): Child {
    const binds = bindsOf(this.pod, container, (name) => this.context.claim(this.namespace, name));
    const [program = '', ...args] = boundCommand(binds, command);
    return this.context.processes.spawn(this.name.replace('/', '.'), program, args, {
      cwd: this.folder,
      logFile: path.join(this.folder, 'container.log'),
      env,
    });
  }

  /** Probes until aborted, and moves the pod into and out of rotation as the answers say. */
  private async probe(port: number, signal: AbortSignal): Promise<void> {
    const probe = this.pod.spec.containers[0]?.readinessProbe;
    const { failureThreshold = 3, periodSeconds = 10, timeoutSeconds = 1 } = probe ?? {};
    const target = probe?.httpGet?.path ?? '/';
    for (let failures = 0; !signal.aborted;) {
      const good = await httpProbe(port, target, timeoutSeconds * 1000);
      if (signal.aborted) return;
      failures = good ? 0 : failures + 1;
      if (good && !this.leave) {
        const { namespace, name } = this.pod.metadata;
        const behindNone = (): Promise<void> => Promise.resolve();
        this.leave = this.bare ? behindNone : this.context.endpoints.add(namespace, name, port);
        this.status.set({ ready: true });
      } else if (this.leave && failures >= failureThreshold) {
        void this.leave();
        this.leave = undefined;
        this.status.set({ ready: false });
      }
      await this.pause(this.leave ? periodSeconds * 1000 : PROBE_STARTING, signal);
    }
  }

  /** Takes the pod out of rotation, lets requests in flight end, stops PHP, and deletes the Pod object. Idempotent. */
  async terminate(graceSeconds: number): Promise<void> {
    if (this.terminating) return;
    this.terminating = true;
    this.ending.abort();
    const grace = (async (): Promise<void> => {
      await this.leave?.();
      this.child?.signal('SIGTERM');
      await this.child?.exited;
    })();
    await Promise.race([grace, later(graceSeconds * 1000)]);
    this.kill();
    await this.child?.exited;
    this.status.close();
    const { namespace, name, uid } = this.pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.context.client
      .delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options)
      .catch(() => undefined);
    rmSync(path.join(this.folder, 'sqlconf.php'), { force: true });
  }

  /** Ends PHP at once: the Pod object is gone already, or the grace is over. */
  kill(): void {
    this.terminating = true;
    this.ending.abort();
    void this.leave?.();
    this.child?.signal('SIGKILL');
  }

  private pause(milliseconds: number, signal: AbortSignal = this.ending.signal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
    });
  }
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

function ended(code: unknown, startedAt: Date): Terminated {
  const exitCode = typeof code === 'number' ? code : 137;
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
  };
}

/** An address of this machine that no other pod has, of its labs neither: one of the network 127.64.0.0/10. */
function addressOf(uid: string): string {
  const [one = 0, two = 0, three = 0] = createHash('sha256').update(uid).digest();
  return `127.${64 + (one % 64)}.${two}.${1 + (three % 254)}`;
}
