import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificates } from '../servers/certificates';
import { freePort } from '../servers/ports';

/** What has answered the API server's questions for logs. */
export interface LogServer {
  /** The port that the Node object must name. */
  port: number;
  /** Breaks every stream that is open, as a network does. */
  drop(): void;
  close(): void;
}

/** Milliseconds between two looks at a file that is followed. */
const POLL = 50;

/**
 * Starts what answers `kubectl logs`: /containerLogs/NAMESPACE/POD/CONTAINER?follow=&timestamps=&sinceTime=, as a kubelet
 * does. It answers the API server alone. A line has the time at which it was first seen here.
 * @param pods the folder that has one for each namespace, and in it one for each pod
 */
export async function startLogServer(
  pods: string,
  { caFile, serverCertificate, serverKey }: Certificates,
  hasEnded: (namespace: string, pod: string) => boolean,
): Promise<LogServer> {
  const port = await freePort();
  const times = new Map<string, string[]>();
  const open = new Set<ServerResponse>();
  const read = (file: string): [time: string, line: string][] => {
    const lines = (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n');
    lines.pop();
    const known = times.get(file) ?? [];
    times.set(file, known);
    return lines.map((line, at) => [(known[at] ??= stamp()), line]);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://kubelet');
    const [, what, namespace = '', pod = ''] = pathname.split('/');
    if (what !== 'containerLogs') return void response.writeHead(404).end();
    const file = path.join(pods, namespace, pod, 'container.log');
    const since = Date.parse(searchParams.get('sinceTime') ?? '1970-01-01T00:00:00Z');
    const prefix = searchParams.get('timestamps') === 'true';
    open.add(response);
    response.on('close', () => open.delete(response));
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    for (let shown = 0; !response.destroyed; await sleep(POLL)) {
      const isLast = hasEnded(namespace, pod) || searchParams.get('follow') !== 'true';
      const lines = read(file);
      for (const [time, line] of lines.slice(shown))
        if (Date.parse(time) >= since) response.write(`${prefix ? `${time} ` : ''}${line}\n`);
      shown = lines.length;
      if (isLast) break;
    }
    response.end();
  };
  const server = createServer(
    {
      cert: readFileSync(serverCertificate),
      key: readFileSync(serverKey),
      ca: readFileSync(caFile),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => void answer(request, response),
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    drop: () => open.forEach((response) => response.destroy()),
    close: () => {
      open.forEach((response) => response.destroy());
      server.close();
    },
  };
}

let last = 0n;

/** Now, with nanoseconds that are never the same twice. */
function stamp(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  last = now > last ? now : last + 1n;
  const text = new Date(Number(last / 1_000_000n)).toISOString();
  return text.replace('Z', `${String(last % 1_000_000n).padStart(6, '0')}Z`);
}
