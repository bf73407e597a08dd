import { readFile } from 'node:fs/promises';
import { Agent, createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { send } from '../send';
import { describeRequest } from './kubernetes-requests';
import type { KubernetesRequest } from './kubernetes-requests';
import type { Certificates } from './certificates';
import { freePort } from './ports';

/** A rule about requests to the API server. What it does not name, it does not ask for. */
export interface KubernetesFault {
  /** As RBAC says it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`; `*` is every verb. */
  verb: string;
  /** As RBAC says it, in the plural: `secrets`, `deployments`; `*` is every resource. */
  resource: string;
  namespace?: string;
  name?: string;
  /** True: only dry runs of writes; without it a rule never meets one. */
  dryRun?: true;
  /** How many requests that fit are let through first. */
  skip?: number;
  /** How many requests meet the rule after that; without it all of them until the rule is taken away. */
  times?: number;
  /** `before`: the API server never sees the request. `after`: it carries it out, and its reply is lost. */
  when: 'before' | 'after';
  /**
   * The answer instead of the server's; without it the connection is cut. A message may be made from what was sent, as
   * an admission webhook quotes it. `pass`: nothing is done to the request.
   */
  respond?: { status: number; reason: string; message: string | ((sent: string) => string) } | 'pass';
  /** How long a request that meets the rule waits first, in milliseconds. */
  delayMs?: number;
  /** Called when a request meets the rule, before anything is done with it. */
  onMatch?: (request: KubernetesRequest) => void | Promise<void>;
  /** With `after`: called when the API server has carried it out. */
  onDone?: (request: KubernetesRequest) => void | Promise<void>;
}

/** The recording, fault-injecting proxy before the API server. */
export interface KubernetesProxy {
  /** Where it listens; the lab's authority signed its certificate. */
  server: string;
  requests(): KubernetesRequest[];
  /** Adds a rule; gives the function that takes it away. */
  fault(rule: KubernetesFault): () => void;
  /** Takes every rule away, and forgets the requests so far. */
  forget(): void;
  close(): Promise<void>;
}

interface Entry {
  rule: KubernetesFault;
  skip: number;
  left: number;
}

interface Proxy {
  target: string;
  agent: Agent;
  requests: KubernetesRequest[];
  takeRule(seen: KubernetesRequest): KubernetesFault | undefined;
}

/**
 * Starts the proxy in this process.
 * @param upstream the API server, and the authority that signed its certificate
 * @param inCluster where it listens as well, at the port that a cluster's Service `kubernetes` has
 */
export async function startKubernetesProxy(
  upstream: { server: string; serverCaFile: string },
  certificates: Certificates,
  address: string,
  inCluster?: string,
): Promise<KubernetesProxy> {
  const [ca, cert, key] = await Promise.all(
    [upstream.serverCaFile, certificates.serverCertificate, certificates.serverKey].map((file) =>
      readFile(file),
    ),
  );
  const entries: Entry[] = [];
  const agent = new Agent({ keepAlive: true, ...(ca ? { ca } : {}) });
  const proxy: Proxy = {
    target: upstream.server,
    agent,
    requests: [],
    takeRule: (seen) => take(entries, seen),
  };
  const listen = async (port: number, host: string): Promise<Server> => {
    const server = createServer({ ...(cert && key ? { cert, key } : {}) }, (incoming, outgoing) => {
      handle(proxy, incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return server.unref();
  };
  const port = await freePort();
  const servers = [await listen(port, address)];
  if (inCluster !== undefined) servers.push(await listen(443, inCluster));
  return {
    server: `https://${address}:${port}`,
    requests: () => [...proxy.requests],
    fault(rule) {
      const entry = { rule, skip: rule.skip ?? 0, left: rule.times ?? Infinity };
      entries.push(entry);
      return () => {
        entry.left = 0;
      };
    },
    forget() {
      entries.length = 0;
      proxy.requests.length = 0;
    },
    close: async () => {
      agent.destroy();
      await Promise.all(servers.map((server) => closed(server)));
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function take(entries: Entry[], seen: KubernetesRequest): KubernetesFault | undefined {
  for (const entry of entries) {
    if (entry.left <= 0 || !meets(entry.rule, seen)) continue;
    if (entry.skip > 0) {
      entry.skip--;
      continue;
    }
    entry.left--;
    return entry.rule;
  }
  return undefined;
}

function meets(rule: KubernetesFault, seen: KubernetesRequest): boolean {
  const { verb, resource, namespace, name, dryRun = false } = rule;
  return (
    dryRun === seen.dryRun &&
    (verb === '*' || verb === seen.verb) &&
    (resource === '*' || resource === seen.resource) &&
    (namespace === undefined || namespace === seen.namespace) &&
    (name === undefined || name === seen.name)
  );
}

async function handle(proxy: Proxy, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const seen = describeRequest(incoming.method ?? 'GET', incoming.url ?? '/');
  proxy.requests.push(seen);
  const rule = proxy.takeRule(seen);
  if (rule?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, rule.delayMs));
  await rule?.onMatch?.(seen);
  const changed = rule !== undefined && rule.respond !== 'pass';
  if (changed && rule.when === 'before') return refuse(rule, seen, body, outgoing);
  const reply = await forward(proxy, incoming, body, outgoing);
  seen.status = reply.statusCode ?? 502;
  if (rule?.when === 'after') await rule.onDone?.(seen);
  if (changed) return refuse(rule, seen, body, outgoing);
  // A watch is a reply without end: each piece goes on as it comes.
  outgoing.writeHead(seen.status, reply.headers);
  outgoing.flushHeaders();
  reply.on('error', () => outgoing.destroy()).pipe(outgoing);
}

function refuse(
  { respond }: KubernetesFault,
  seen: KubernetesRequest,
  body: Buffer,
  outgoing: ServerResponse,
): void {
  if (respond === undefined || respond === 'pass') {
    seen.status = 0;
    outgoing.destroy();
    return;
  }
  const { status: code, reason, message: said } = respond;
  const message = typeof said === 'string' ? said : said(body.toString('utf8'));
  seen.status = code;
  outgoing.writeHead(code, { 'content-type': 'application/json' });
  const answer = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  outgoing.end(JSON.stringify(answer));
}

function forward(
  { target, agent }: Proxy,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
): Promise<IncomingMessage> {
  // Who hangs up ends the watch at the server, too.
  const hungUp = new AbortController();
  outgoing.on('close', () => hungUp.abort());
  const options = { method: incoming.method, headers: incoming.headers, agent, signal: hungUp.signal };
  return send(new URL(incoming.url ?? '/', target), options, body);
}
