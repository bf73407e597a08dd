import { readFileSync } from 'node:fs';
import type { Lab } from '../../../lab';
import { KubernetesClient } from '../../../lab/kubernetes-client';
import { until } from './until';

/** A Job's status, as far as tests look at it. */
export interface JobStatus {
  active?: number;
  succeeded?: number;
  failed?: number;
  completedIndexes?: string;
  failedIndexes?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** A pod of a Job, as it is now. */
export interface JobPod {
  metadata: { name: string; uid: string; annotations?: Record<string, string>; deletionTimestamp?: string };
  status: {
    phase: string;
    containerStatuses?: {
      ready: boolean;
      restartCount: number;
      state: {
        terminated?: { exitCode: number; message?: string };
        waiting?: { reason: string; message?: string };
        running?: object;
      };
    }[];
  };
}

interface OwnedJob {
  metadata: { name: string; ownerReferences?: { kind: string; name: string }[] };
}

/** A client with all rights, past the lab's proxy. Close it at the end. */
export function adminClient(lab: Lab): KubernetesClient {
  const { users } = JSON.parse(readFileSync(lab.kubernetes.adminKubeconfig, 'utf8')) as {
    users: { user: { token: string } }[];
  };
  return new KubernetesClient(lab.kubernetes.server, lab.database.caFile, users[0]?.user.token ?? '');
}

/** Makes a namespace. */
export async function createNamespace(
  client: KubernetesClient,
  name: string,
  labels: Record<string, string> = {},
): Promise<void> {
  const metadata = { name, labels };
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
}

/** Jobs of one namespace, made and watched with all rights. */
export class Jobs {
  readonly client: KubernetesClient;
  private readonly batch: string;
  private readonly core: string;

  constructor(
    private readonly lab: Lab,
    private readonly namespace: string,
  ) {
    this.client = adminClient(lab);
    this.batch = `/apis/batch/v1/namespaces/${namespace}`;
    this.core = `/api/v1/namespaces/${namespace}`;
  }

  /** Makes a Job of this name and spec. */
  async create(name: string, spec: Record<string, unknown>): Promise<void> {
    const head = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name } };
    await this.client.create(`${this.batch}/jobs`, { ...head, spec });
  }

  /** Makes a Job from a whole manifest. */
  async apply(job: { metadata: object }): Promise<void> {
    await this.client.create(`${this.batch}/jobs`, job);
  }

  /** Makes a CronJob. */
  async schedule(cronJob: { metadata: object }): Promise<void> {
    await this.client.create(`${this.batch}/cronjobs`, cronJob);
  }

  /** Lets a CronJob start nothing more. */
  async suspend(cronJob: string): Promise<void> {
    await this.client.patch(`${this.batch}/cronjobs/${cronJob}`, { spec: { suspend: true } });
  }

  /** Lets a suspended Job start. */
  async resume(job: string): Promise<void> {
    await this.client.patch(`${this.batch}/jobs/${job}`, { spec: { suspend: false } });
  }

  /** The name of the first Job that a CronJob has started. */
  async startedBy(cronJob: string, limitMs = 90_000): Promise<string> {
    let found = '';
    await until(
      `a Job of ${cronJob}`,
      async () => {
        const { items } = await this.client.get<{ items: OwnedJob[] }>(`${this.batch}/jobs`);
        const owned = items.find(({ metadata }) => metadata.ownerReferences?.[0]?.name === cronJob);
        found = owned?.metadata.name ?? '';
        return found !== '';
      },
      { limitMs },
    );
    return found;
  }

  /** Makes any object of the core API. */
  async createCore(resource: string, body: Record<string, unknown>): Promise<void> {
    await this.client.create(`${this.core}/${resource}`, body);
  }

  async status(name: string): Promise<JobStatus> {
    return (await this.client.get<{ status: JobStatus }>(`${this.batch}/jobs/${name}`)).status;
  }

  /** Waits until a Job is complete or has failed; gives which. Throws after `limitMs`. */
  async ended(name: string, limitMs = 120_000): Promise<'Complete' | 'Failed'> {
    let found: 'Complete' | 'Failed' | undefined;
    await until(
      `the end of Job ${name}`,
      async () => {
        const { conditions = [] } = await this.status(name);
        const end = conditions.find(
          ({ type, status }) => status === 'True' && /^(Complete|Failed)$/.test(type),
        );
        found = end?.type as typeof found;
        return found !== undefined;
      },
      { limitMs },
    );
    return found ?? 'Failed';
  }

  /** Why a Job's pod does not start: the lab's kubelet says it in the pod's status, the real one in events. */
  async waitingFor(name: string): Promise<string> {
    const [pod] = await this.pods(name);
    const told = pod?.status.containerStatuses?.[0]?.state.waiting?.message ?? '';
    const { items } = await this.client.get<{ items: { message?: string }[] }>(
      `${this.core}/events?fieldSelector=involvedObject.uid%3D${pod?.metadata.uid ?? ''}`,
    );
    return [told, ...items.map(({ message = '' }) => message)].join('\n');
  }

  /** The pods of a Job, oldest first. */
  async pods(name: string): Promise<JobPod[]> {
    const selector = `labelSelector=batch.kubernetes.io/job-name=${name}`;
    const { items } = await this.client.get<{ items: JobPod[] }>(`${this.core}/pods?${selector}`);
    return items;
  }

  /** How many pods of the namespace have not ended. */
  async activePods(): Promise<number> {
    const { items } = await this.client.get<{ items: JobPod[] }>(`${this.core}/pods`);
    return items.filter(({ status }) => ['Pending', 'Running'].includes(status.phase)).length;
  }

  /** The name of the Job's first pod, once there is one that runs. */
  async runningPod(name: string): Promise<string> {
    let found = '';
    await until(
      `a running pod of Job ${name}`,
      async () => {
        const running = (await this.pods(name)).find(({ status }) => status.phase === 'Running');
        found = running?.metadata.name ?? '';
        return found !== '';
      },
      { limitMs: 30_000 },
    );
    return found;
  }

  /** Waits until a pod has written a text. */
  async wrote(pod: string, text: string, limitMs = 60_000): Promise<void> {
    await until(
      `"${text}" in the log of ${pod}:\n${this.lab.podLogs(this.namespace, pod)}`,
      () => this.lab.podLogs(this.namespace, pod).includes(text),
      { limitMs },
    );
  }

  /** Deletes a pod, as `kubectl delete pod` does, and waits until it is gone; gives its container's exit code. */
  async deletePod(name: string): Promise<number | undefined> {
    const path = `${this.core}/pods/${name}`;
    const ending = new AbortController();
    let exitCode: number | undefined;
    const watching = this.client.watch<JobPod>(`${this.core}/pods`, ending.signal, ({ type, object }) => {
      if (object.metadata.name !== name) return;
      exitCode = object.status.containerStatuses?.[0]?.state.terminated?.exitCode ?? exitCode;
      if (type === 'DELETED') ending.abort();
    });
    await this.client.delete(path);
    const limit = setTimeout(() => ending.abort(), 60_000);
    await watching;
    clearTimeout(limit);
    if ((await this.client.raw('GET', path)).status !== 404) throw new Error(`pod ${name} does not end`);
    return exitCode;
  }

  /** Deletes the pods with this label that are not ready, so that new ones take their place. */
  async deleteUnready(label: string): Promise<void> {
    const { items } = await this.client.get<{ items: JobPod[] }>(`${this.core}/pods?labelSelector=${label}`);
    for (const { metadata, status } of items)
      if (status.containerStatuses?.[0]?.ready !== true)
        await this.client.delete(`${this.core}/pods/${metadata.name}`);
  }

  /** What the pods of a Job wrote, oldest first. */
  async logs(name: string): Promise<string[]> {
    return (await this.pods(name)).map(({ metadata }) => this.lab.podLogs(this.namespace, metadata.name));
  }

  close(): void {
    this.client.close();
  }
}
