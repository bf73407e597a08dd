import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { labSource, tools } from '../package';
import { freePort, releasePort } from '../servers/ports';
import type { Child, Processes } from '../servers/processes';
import type { KubernetesClient } from '../kubernetes-client';
import type { Endpoints } from './endpoints';
import { resolveEnvironment } from './environment';
import type { Pod, PodFault, Worker } from './pod';
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
}

/** Milliseconds between probes until the pod is ready; then it is as often as the pod says. */
const PROBE_STARTING = 40;
/** Milliseconds before a crashed container starts again: doubled at each crash. */
const BACKOFF_FIRST = 250;
const BACKOFF_MOST = 5000;

/** Runs one pod: one `php -S` with workers, started again when it ends, until the pod is deleted. */
export class PodWorker implements Worker {
  private readonly status: StatusWriter;
  private readonly ending = new AbortController();
  private readonly folder: string;
  private readonly name: string;
  private child: Child | undefined;
  private leave: (() => Promise<void>) | undefined;
  private terminating = false;

  constructor(
    private readonly pod: Pod,
    private readonly context: WorkerContext,
  ) {
    this.status = new StatusWriter(context.client, pod);
    this.name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    this.folder = path.join(context.folder, pod.metadata.namespace, pod.metadata.name);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  get namespace(): string {
    return this.pod.metadata.namespace;
  }

  /** Runs the container repeatedly. Resolves when the pod is being deleted. */
  async run(): Promise<void> {
    let restarts = 0;
    for (let attempt = 0; !this.terminating; attempt++) {
      const outcome = await this.runOnce(restarts);
      if (this.terminating) return;
      this.status.set({ ready: false, restarts, ...outcome.states });
      await this.pause(Math.min(BACKOFF_FIRST * 2 ** attempt, BACKOFF_MOST));
      if (outcome.ran) restarts++;
    }
  }

  private async runOnce(restarts: number): Promise<{ ran: boolean; states: Record<string, unknown> }> {
    let environment: Record<string, string>;
    try {
      environment = await resolveEnvironment(this.pod, this.context.client);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return {
        ran: false,
        states: { state: { waiting: { reason: 'CreateContainerConfigError', message } } },
      };
    }
    const port = await freePort();
    if (this.terminating) return { ran: false, states: {} };
    const startedAt = new Date().toISOString();
    const child = this.start(port, environment);
    this.child = child;
    this.status.set({ started: true, restarts, state: { running: { startedAt } } });
    const probing = new AbortController();
    void this.probe(port, AbortSignal.any([probing.signal, this.ending.signal]));
    const code = await child.exited;
    probing.abort();
    if (!this.terminating) await this.leave?.();
    this.leave = undefined;
    releasePort(port);
    const exitCode = typeof code === 'number' ? code : 137;
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt,
      finishedAt: new Date().toISOString(),
    };
    const message = `back-off restarting failed container in pod ${this.name}`;
    return {
      ran: true,
      states: { state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState: { terminated } },
    };
  }

  private start(port: number, environment: Record<string, string>): Child {
    const php = tools().php;
    const pages = labSource('openemr');
    const script = `"$0" -d display_errors=stderr "$1/start.php" && exec "$0" -d display_errors=stderr -S "127.0.0.1:$2" -t "$1" "$1/router.php"`;
    return this.context.processes.spawn(
      this.name.replace('/', '.'),
      '/bin/sh',
      ['-c', script, php, pages, String(port)],
      {
        cwd: this.folder,
        logFile: path.join(this.folder, 'container.log'),
        env: {
          PHP_CLI_SERVER_WORKERS: '4',
          ...environment,
          LAB_FAULT: this.context.faultFor(this.pod),
          LAB_SQLCONF_COPY: path.join(this.folder, 'sqlconf.php'),
        },
      },
    );
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
        this.leave = this.context.endpoints.add(this.pod.metadata.namespace, this.pod.metadata.name, port);
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
