import type { KubernetesClient } from '../kubernetes-client';
import { KubernetesError } from '../kubernetes-client';
import type { Pod } from './pod';

/** What the kubelet knows about a pod's container. */
export interface ContainerState {
  /** Set when the pod has ended; otherwise it follows from `started`. */
  phase?: 'Succeeded' | 'Failed';
  /** Why the kubelet ended the pod. */
  reason?: string;
  /** Of its init containers, where one has ended. */
  initStatuses?: Record<string, unknown>[];
  ready: boolean;
  started: boolean;
  restarts: number;
  state: Record<string, unknown>;
  lastState: Record<string, unknown>;
}

/** Keeps a pod's status in the API server as it is here; bursts of changes become one patch. */
export class StatusWriter {
  private readonly startTime = new Date().toISOString();
  private readonly transitions = new Map<string, { status: string; time: string }>();
  private pending = false;
  private writing: Promise<void> | undefined;
  private closed = false;
  current: ContainerState = {
    ready: false,
    started: false,
    restarts: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
  };

  constructor(
    private readonly client: KubernetesClient,
    private readonly pod: Pod,
    private readonly address = '127.0.0.1',
  ) {}

  /** Changes the state and sees to it that it is written soon. */
  set(change: Partial<ContainerState>): void {
    this.current = { ...this.current, ...change };
    this.pending = true;
    this.writing ??= this.drain().finally(() => {
      this.writing = undefined;
    });
  }

  /** Resolves when all that was set is written. */
  async written(): Promise<void> {
    await this.writing;
  }

  /** Writes nothing more. */
  close(): void {
    this.closed = true;
  }

  private async drain(): Promise<void> {
    while (this.pending && !this.closed) {
      this.pending = false;
      try {
        const { namespace, name, uid } = this.pod.metadata;
        const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
        await this.client.patch(path, { metadata: { uid }, status: this.body() });
      } catch (error) {
        // Gone or replaced: nobody wants to know. Otherwise try again.
        if (error instanceof KubernetesError && [404, 409].includes(error.status)) return;
        this.pending = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  private body(): Record<string, unknown> {
    const { phase, reason, initStatuses, ready, started, restarts, state, lastState } = this.current;
    const container = this.pod.spec.containers[0];
    const condition = (type: string, holds: boolean): Record<string, unknown> => {
      const status = holds ? 'True' : 'False';
      const before = this.transitions.get(type);
      const time = before?.status === status ? before.time : new Date().toISOString();
      this.transitions.set(type, { status, time });
      const ended =
        phase === undefined ? 'ContainersNotReady' : phase === 'Failed' ? 'PodFailed' : 'PodCompleted';
      const why = holds ? {} : { reason: ended };
      return { type, status, lastTransitionTime: time, ...why };
    };
    return {
      phase: phase ?? (started ? 'Running' : 'Pending'),
      ...(reason === undefined ? {} : { reason }),
      startTime: this.startTime,
      hostIP: '127.0.0.1',
      podIP: this.address,
      podIPs: [{ ip: this.address }],
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      ...(initStatuses === undefined ? {} : { initContainerStatuses: initStatuses }),
      containerStatuses: [
        {
          name: container?.name,
          image: container?.image,
          imageID: container?.image,
          ready,
          started: started && 'running' in state,
          restartCount: restarts,
          state,
          lastState,
        },
      ],
    };
  }
}
