import { createServer } from 'node:net';

const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on. It is taken below the range from which the system picks ports for
 * outgoing connections, so that no client can grab it before its server starts. Throws when none is found.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await canListen(port)) return port;
    handedOut.delete(port);
  }
  throw new Error('no free port between 12000 and 32000');
}

/** Gives a port back, after its server has ended. */
export function releasePort(port: number): void {
  handedOut.delete(port);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
