/** One request's hold on a pod: the pod stays until it is given back. */
export interface Lease {
  pod: string;
  host: string;
  port: number;
  release(): void;
}

interface Endpoint {
  pod: string;
  host: string;
  port: number;
  inFlight: number;
  idle: (() => void)[];
}

/** The ready pods of each namespace, as a Service would see them, and the requests that are under way to each. */
export class Endpoints {
  private readonly rotation = new Map<string, Endpoint[]>();
  private readonly next = new Map<string, number>();

  /** Puts a pod into rotation; gives the function that takes it out and waits for the requests in flight. */
  add(namespace: string, pod: string, port: number, host = '127.0.0.1'): () => Promise<void> {
    const endpoint: Endpoint = { pod, host, port, inFlight: 0, idle: [] };
    this.rotation.set(namespace, [...(this.rotation.get(namespace) ?? []), endpoint]);
    return () => {
      const rest = (this.rotation.get(namespace) ?? []).filter((other) => other !== endpoint);
      this.rotation.set(namespace, rest);
      if (endpoint.inFlight === 0) return Promise.resolve();
      return new Promise((resolve) => endpoint.idle.push(resolve));
    };
  }

  /** Chooses a ready pod, round robin; undefined when there is none. The caller must release it. */
  acquire(namespace: string): Lease | undefined {
    const ready = this.rotation.get(namespace) ?? [];
    const turn = this.next.get(namespace) ?? 0;
    const endpoint = ready[turn % ready.length];
    if (!endpoint) return undefined;
    this.next.set(namespace, turn + 1);
    endpoint.inFlight++;
    return {
      pod: endpoint.pod,
      host: endpoint.host,
      port: endpoint.port,
      release: () => {
        endpoint.inFlight--;
        if (endpoint.inFlight === 0) for (const wake of endpoint.idle.splice(0)) wake();
      },
    };
  }

  /** How many pods of a namespace are in rotation. */
  count(namespace: string): number {
    return this.rotation.get(namespace)?.length ?? 0;
  }
}
