import { readFileSync } from 'node:fs';
import type { Lab } from '../../../lab';
import { KubernetesClient } from '../../../lab/kubernetes-client';

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
      restartCount: number;
      state: {
        terminated?: { exitCode: number; message?: string };
        waiting?: { reason: string; message?: string };
        running?: object;
      };
    }[];
  };
}

/** A client with all rights, past the lab's proxy. Close it at the end. */
export function adminClient(lab: Lab): KubernetesClient {
  const { users } = JSON.parse(readFileSync(lab.kubernetes.adminKubeconfig, 'utf8')) as {
    users: { user: { token: string } }[];
  };
  return new KubernetesClient(lab.kubernetes.server, lab.database.caFile, users[0]?.user.token ?? '');
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
    await this.until(limitMs, `the end of Job ${name}`, async () => {
      const { conditions = [] } = await this.status(name);
      const end = conditions.find(
        ({ type, status }) => status === 'True' && /^(Complete|Failed)$/.test(type),
      );
      found = end?.type as typeof found;
      return found !== undefined;
    });
    return found ?? 'Failed';
  }

  /** The pods of a Job, oldest first. */
  async pods(name: string): Promise<JobPod[]> {
    const selector = `labelSelector=batch.kubernetes.io/job-name=${name}`;
    const { items } = await this.client.get<{ items: JobPod[] }>(`${this.core}/pods?${selector}`);
    return items;
  }

  /** The name of the Job's first pod, once there is one that runs. */
  async runningPod(name: string): Promise<string> {
    let found = '';
    await this.until(30_000, `a running pod of Job ${name}`, async () => {
      const running = (await this.pods(name)).find(({ status }) => status.phase === 'Running');
      found = running?.metadata.name ?? '';
      return found !== '';
    });
    return found;
  }

  /** Waits until a pod has written a text. */
  async wrote(pod: string, text: string, limitMs = 60_000): Promise<void> {
    await this.until(
      limitMs,
      `"${text}" in the log of ${pod}:\n${this.lab.podLogs(this.namespace, pod)}`,
      async () => this.lab.podLogs(this.namespace, pod).includes(text),
    );
  }

  /** Deletes a pod, as `kubectl delete pod` does, and waits until it is gone. */
  async deletePod(name: string): Promise<void> {
    const path = `${this.core}/pods/${name}`;
    await this.client.delete(path);
    await this.until(
      60_000,
      `the end of pod ${name}`,
      async () => (await this.client.raw('GET', path)).status === 404,
    );
  }

  /** What the pods of a Job wrote, oldest first. */
  async logs(name: string): Promise<string[]> {
    return (await this.pods(name)).map(({ metadata }) => this.lab.podLogs(this.namespace, metadata.name));
  }

  close(): void {
    this.client.close();
  }

  private async until(limitMs: number, what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + limitMs; !(await holds());) {
      if (performance.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
