import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { send } from './send';

/** Any Kubernetes object, as far as the lab looks into it. */
export interface KubernetesObject {
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** One change of a watched object. */
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** The API server said no. */
export class KubernetesError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const MERGE = 'application/merge-patch+json';

/** A client of the Kubernetes API: JSON over checked TLS with a bearer token; as fast as can be, nothing more. */
export class KubernetesClient {
  private readonly agent: Agent;

  constructor(
    private readonly server: string,
    caFile: string,
    private readonly token: string,
  ) {
    this.agent = new Agent({ keepAlive: true, ca: readFileSync(caFile), maxSockets: 50 });
  }

  get<T>(path: string): Promise<T> {
    return this.json('GET', path);
  }

  create<T>(path: string, body: unknown): Promise<T> {
    return this.json('POST', path, body);
  }

  /** JSON merge patch. */
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.json('PATCH', path, body, MERGE);
  }

  delete(path: string, options: Record<string, unknown> = {}): Promise<unknown> {
    return this.json('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options });
  }

  /** One request; does not throw for a status of refusal. */
  async raw(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<{ status: number; text: string }> {
    const reply = await this.open(method, path, body, type);
    let text = '';
    for await (const chunk of reply.setEncoding('utf8')) text += String(chunk);
    return { status: reply.statusCode ?? 0, text };
  }

  private async json<T>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
    const { status, text } = await this.raw(method, path, body, type);
    if (status >= 200 && status < 300) return JSON.parse(text) as T;
    throw new KubernetesError(status, `${method} ${path}: ${status} ${messageOf(text)}`);
  }

  private open(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.token !== '') headers['authorization'] = `Bearer ${this.token}`;
    if (text !== undefined) {
      headers['content-type'] = type;
      // Node itself leaves the length of a DELETE's body out.
      headers['content-length'] = String(Buffer.byteLength(text));
    }
    const options = { method, headers, agent: this.agent, ...(signal ? { signal } : {}) };
    return send(`${this.server}${path}`, options, text);
  }

  /**
   * Tells every object of a collection and every change of it, until `signal` aborts: lists, then watches, and
   * begins anew when the server ends the watch. Objects that vanished between two lists are told as DELETED.
   * @param path may end with a query, as `?fieldSelector=…`
   */
  async watch<T extends KubernetesObject>(
    path: string,
    signal: AbortSignal,
    tell: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    let known = new Map<string, T>();
    while (!signal.aborted) {
      try {
        const list = await this.get<{ metadata: { resourceVersion: string }; items: T[] }>(path);
        const listed = new Map(list.items.map((item) => [item.metadata.uid ?? item.metadata.name, item]));
        for (const [uid, object] of known) if (!listed.has(uid)) tell({ type: 'DELETED', object });
        for (const object of list.items) tell({ type: 'ADDED', object });
        known = listed;
        await this.stream<T>(
          `${path}${path.includes('?') ? '&' : '?'}watch=1&resourceVersion=${list.metadata.resourceVersion}`,
          signal,
          (event) => {
            const uid = event.object.metadata.uid ?? event.object.metadata.name;
            if (event.type === 'DELETED') known.delete(uid);
            else known.set(uid, event.object);
            tell(event);
          },
        );
      } catch {
        // The server is away or the watch broke: list again soon, unless the lab has ended.
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  private async stream<T>(
    path: string,
    signal: AbortSignal,
    tell: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    const reply = await this.open('GET', path, undefined, undefined, signal);
    if (reply.statusCode !== 200) {
      reply.resume();
      throw new KubernetesError(reply.statusCode ?? 0, `watch of ${path} refused`);
    }
    // An aborted reply emits an error, which the readline interface does not take over.
    reply.on('error', () => undefined);
    for await (const line of createInterface({ input: reply })) {
      const event = JSON.parse(line) as WatchEvent<T>;
      if (event.type === 'ERROR') return;
      if (event.type !== 'BOOKMARK') tell(event);
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 300);
  }
}
