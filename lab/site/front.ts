import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { freePort, releasePort } from '../servers/ports';
import type { Endpoints } from '../kubelet/endpoints';

/** A stand-in for a Service: an HTTP server that hands each request to a ready pod, or answers 503. */
export interface Front {
  url: string;
  close(): Promise<void>;
}

/** Starts the front of one namespace, in this process. */
export async function startFront(endpoints: Endpoints, namespace: string, address: string): Promise<Front> {
  const port = await freePort();
  const server = createServer((incoming, outgoing) => relay(endpoints, namespace, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  server.unref();
  return { url: `http://${address}:${port}`, close: () => close(server, port) };
}

function relay(
  endpoints: Endpoints,
  namespace: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const lease = endpoints.acquire(namespace);
  if (!lease) {
    outgoing.writeHead(503, { 'content-type': 'text/plain' }).end('no ready pod\n');
    return;
  }
  const options = {
    host: lease.host,
    port: lease.port,
    path: incoming.url,
    method: incoming.method,
    agent: false,
  };
  const onward = request({ ...options, headers: incoming.headers }, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502, { 'content-type': 'text/plain' }).end('the pod did not answer\n');
  });
  onward.on('close', () => lease.release());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

function close(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      releasePort(port);
      resolve();
    });
    server.closeAllConnections();
  });
}
