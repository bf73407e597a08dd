import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import type { LoopbackSocket } from './socketOwner';
import { isSocketOf } from './socketOwner';

/** Ports of this process that an engine was told of, and by how many engines each is used. */
const guarded = new Map<number, number>();
let isOfEngine: (socket: LoopbackSocket) => boolean | undefined = () => undefined;
let watching = false;

/**
 * Lets only the engine reach the Automation API's own servers, which ask nobody who they are. One hands the program,
 * with its passwords, to whoever names a monitor; the other believes every event it is told. Where the kernel does not
 * even know our own ports, nobody is turned away.
 * @param ofEngine whether an engine has that socket open, by the kernel's word
 * @returns ends it for these ports
 */
export function guardPorts(
  ports: readonly number[],
  ofEngine: (socket: LoopbackSocket) => boolean | undefined,
): () => void {
  isOfEngine = ofEngine;
  for (const port of ports) guarded.set(port, (guarded.get(port) ?? 0) + 1);
  // Node tells of each connection before anything is read from it (nodejs.org/api/diagnostics_channel.html#net).
  if (!watching) subscribe('net.server.socket', (message) => turnAway(message));
  watching = true;
  return () => {
    for (const port of ports) {
      const left = (guarded.get(port) ?? 1) - 1;
      if (left > 0) guarded.set(port, left);
      else guarded.delete(port);
    }
  };
}

function turnAway(message: unknown): void {
  const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
  if (!(socket instanceof Socket)) return;
  const { localPort, remotePort } = socket;
  if (localPort === undefined || remotePort === undefined || !guarded.has(localPort)) return;
  if (isSocketOf([process.pid], { localPort, remotePort: 0 }) !== true) return;
  if (isOfEngine({ localPort: remotePort, remotePort: localPort }) === false) socket.destroy();
}
