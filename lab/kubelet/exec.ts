import { once } from 'node:events';
import { connect } from 'node:net';
import { tools } from '../package';
import type { Certificates } from '../servers/certificates';
import { freePort } from '../servers/ports';
import type { Processes } from '../servers/processes';
import { ready } from '../servers/processes';

/**
 * Starts what runs the commands of `kubectl exec` beside the processes of a pod; it answers the API server alone.
 * @param pods the folder that has one for each namespace, and in it one for each pod
 * @returns the port that the Node object must name. Throws when it does not get ready
 */
export async function startExecServer(
  processes: Processes,
  pods: string,
  { caFile, serverCertificate, serverKey }: Certificates,
): Promise<number> {
  const port = await freePort();
  const child = processes.spawn('kubelet-exec', tools().kubeletExec, [
    `--address=127.0.0.1:${port}`,
    `--pods=${pods}`,
    `--certificate=${serverCertificate}`,
    `--key=${serverKey}`,
    `--authority=${caFile}`,
  ]);
  await ready(child, () => listens(port));
  return port;
}

/** @throws when nobody listens there yet */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}
