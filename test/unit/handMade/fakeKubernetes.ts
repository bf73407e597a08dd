import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** The objects of one hand-made world, in a namespace of its own; each can be changed by a test. */
export interface Served {
  namespace: string;
  /** Values of the Secret, in clear. */
  secretData: Record<string, string>;
  /** When its values were written last. */
  secretWrittenAt: Date;
  deployment: Record<string, unknown>;
  lease?: object;
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
    const parts = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    const served = namespaces.get(parts[parts.indexOf('namespaces') + 1] ?? '');
    const found = served && objectOf(served, parts.at(-2) ?? '');
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { kind: 'Status', code: 404, message: 'not found' }));
  });
  listening.unref();
  return new Promise((resolve) =>
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port)),
  );
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
  return { metadata: { name: 'openemr-db', managedFields }, data: Object.fromEntries(data) as object };
}
