import { writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** The objects of one hand-made world, in a namespace of its own; each can be changed by a test. */
export interface Served {
  namespace: string;
  /** Values of the Secret, in clear. */
  secretData: Record<string, string>;
  /** Further keys of the Secret, in base64. */
  secretBytes?: Record<string, string>;
  /** When its values were written last. */
  secretWrittenAt: Date;
  deployment: Record<string, unknown>;
  lease?: object;
  /** Addresses of the Deployment's pods; without it they may not be listed. */
  podAddresses?: string[];
  /** Pods and Secrets that were made, by `pods/name`. */
  made: Map<string, MadeObject>;
  /** The status that a pod has, asked at each look. */
  podStatus: (pod: MadeObject) => object;
  /** Why a request is not taken; code 0 breaks the connection instead. */
  refuse: (request: { verb: string; resource: string; name: string }) => Refusal | undefined;
  /** Rights that a review denies, such as `create pods`. */
  denied: string[];
  /** Notes what is made and removed. */
  tell: (event: string) => void;
}

/** An answer that is none of success. */
interface Refusal {
  code: number;
  message: string;
}

/** A pod or a Secret. */
export interface MadeObject {
  metadata: { name: string; uid?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

const namespaces = new Map<string, Served>();
let server: Promise<number> | undefined;

/** Serves the objects of a namespace. Returns the kubeconfig to use, a file in `folder`. */
export async function serveNamespace(served: Served, folder: string): Promise<string> {
  namespaces.set(served.namespace, served);
  server ??= listen();
  const file = path.join(folder, 'kubeconfig.json');
  const url = `http://127.0.0.1:${await server}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'fake', user: {} }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function listen(): Promise<number> {
  const listening = createServer((request, response) => {
    void answer(request).then(({ code, body }) => {
      if (code === 0) return void request.socket.destroy();
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  listening.unref();
  return new Promise((resolve) =>
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port)),
  );
}

interface Answer {
  code: number;
  body: object;
}

const status = (code: number, message: string): Answer => ({ code, body: { kind: 'Status', code, message } });

async function answer(request: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const parts = (request.url ?? '').split('?')[0]?.split('/') ?? [];
  if (parts.at(-1) === 'selfsubjectaccessreviews') return review(body);
  const served = namespaces.get(parts[parts.indexOf('namespaces') + 1] ?? '');
  if (served === undefined) return status(404, 'not found');
  const method = request.method ?? 'GET';
  if (method === 'POST') return make(served, parts.at(-1) ?? '', body as unknown as MadeObject);
  if (method === 'GET' && parts.at(-1) === 'pods') return listPods(served);
  const [resource = '', name = ''] = parts.slice(-2);
  const verb = method === 'DELETE' ? 'delete' : 'get';
  const refusal = served.refuse({ verb, resource, name });
  if (refusal) return status(refusal.code, refusal.message);
  const key = `${resource}/${name}`;
  const own = served.made.get(key);
  if (verb === 'delete') {
    if (own) served.tell(`kubernetes delete ${key}`);
    return served.made.delete(key) ? { code: 200, body: {} } : status(404, 'not found');
  }
  if (own) return { code: 200, body: resource === 'pods' ? { ...own, status: served.podStatus(own) } : own };
  const found = resource === 'secrets' && name !== 'openemr-db' ? undefined : objectOf(served, resource);
  return found ? { code: 200, body: found } : status(404, 'not found');
}

function listPods({ podAddresses }: Served): Answer {
  if (podAddresses === undefined) return status(403, 'pods is forbidden');
  return { code: 200, body: { items: podAddresses.map((podIP) => ({ metadata: {}, status: { podIP } })) } };
}

function make(served: Served, resource: string, body: MadeObject): Answer {
  const { name } = body.metadata;
  const refusal = served.refuse({ verb: 'create', resource, name });
  if (refusal) return status(refusal.code, refusal.message);
  const key = `${resource}/${name}`;
  if (served.made.has(key)) return status(409, 'already exists');
  served.tell(`kubernetes create ${key}`);
  served.made.set(key, { ...body, metadata: { ...body.metadata, uid: randomUUID() } });
  return { code: 201, body };
}

function review(body: Record<string, unknown>): Answer {
  const { resourceAttributes: asked } = body['spec'] as {
    resourceAttributes: { namespace: string; verb: string; resource: string };
  };
  const denied = namespaces.get(asked.namespace)?.denied ?? [];
  return { code: 201, body: { status: { allowed: !denied.includes(`${asked.verb} ${asked.resource}`) } } };
}

function objectOf(served: Served, resource: string): object | undefined {
  if (resource === 'deployments') return served.deployment;
  if (resource === 'leases') return served.lease;
  if (resource !== 'secrets') return undefined;
  const data = Object.entries(served.secretData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const managedFields = [
    { manager: 'x', fieldsV1: { 'f:data': {} }, time: served.secretWrittenAt.toISOString() },
  ];
  return {
    metadata: { name: 'openemr-db', managedFields },
    data: { ...(Object.fromEntries(data) as object), ...served.secretBytes },
  };
}
