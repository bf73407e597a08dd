import { get } from 'node:http';
import type { Endpoints } from '../kubelet/endpoints';

/** How much load. */
export interface LoadOptions {
  /** Default 25. Each request logs in to the database anew and costs some 10 ms of a core. */
  ratePerSecond?: number;
}

/** What became of the requests. */
export interface LoadResult {
  requests: number;
  failed: number;
  /** How often, by kind: no-pod, connect, reset, timeout, http-<status>, body. */
  failures: Record<string, number>;
  /** Every failed request: when its failure was seen, as ISO time, and its kind. */
  failedAt: { at: string; kind: string }[];
  /** The first few failures, with what the page said. */
  examples: string[];
}

/** Requests under way. */
export interface Load {
  /** What has been counted so far. */
  readonly result: LoadResult;
  /** Sends no more, waits for the answers, and gives the counts. Idempotent. */
  stop(): Promise<LoadResult>;
}

/** Milliseconds that a page may take. */
const TIMEOUT = 5000;

/** Sends requests to the ready pods at a constant rate, whatever the answers: an open loop. */
export function startLoad(
  endpoints: Endpoints,
  namespace: string,
  { ratePerSecond = 25 }: LoadOptions,
): Load {
  const result: LoadResult = { requests: 0, failed: 0, failures: {}, failedAt: [], examples: [] };
  const open = new Set<Promise<void>>();
  const begin = performance.now();
  const fire = (): void => {
    result.requests++;
    const request = sendOne(endpoints, namespace).then((failure) => {
      if (failure) count(result, failure);
      open.delete(request);
    });
    open.add(request);
  };
  const tick = (): void => {
    const due = ((performance.now() - begin) / 1000) * ratePerSecond;
    while (result.requests < due) fire();
  };
  const timer = setInterval(tick, Math.max(1, 1000 / ratePerSecond));
  return {
    result,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return result;
    },
  };
}

interface Failure {
  kind: string;
  detail: string;
}

function count(result: LoadResult, { kind, detail }: Failure): void {
  result.failed++;
  result.failures[kind] = (result.failures[kind] ?? 0) + 1;
  const at = new Date().toISOString();
  result.failedAt.push({ at, kind });
  if (result.examples.length < 5) result.examples.push(`${at} ${kind}: ${detail}`);
}

function sendOne(endpoints: Endpoints, namespace: string): Promise<Failure | undefined> {
  const lease = endpoints.acquire(namespace);
  if (!lease) return Promise.resolve({ kind: 'no-pod', detail: 'no pod is ready' });
  return new Promise<Failure | undefined>((resolve) => {
    const fail = (kind: string, detail: string): void => resolve({ kind, detail: `${lease.pod}: ${detail}` });
    const sent = get({ host: lease.host, port: lease.port, path: '/', agent: false }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      reply.on('error', (error) => fail('reset', error.message));
      reply.on('end', () => {
        if (reply.statusCode !== 200) fail(`http-${reply.statusCode}`, body.trim());
        else if (!body.startsWith('Patient: ')) fail('body', body.slice(0, 100));
        else resolve(undefined);
      });
    });
    sent.setTimeout(TIMEOUT, () => {
      fail('timeout', `no answer in ${TIMEOUT} ms`);
      sent.destroy();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      fail(error.code === 'ECONNREFUSED' ? 'connect' : 'reset', error.message);
    });
  }).finally(() => lease.release());
}
