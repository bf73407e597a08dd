import { labSource } from '../package';
import type { ToolPaths } from '../setup/tools.js';
import { freePort } from './ports';
import { ready } from './processes';
import type { Processes } from './processes';

/** Starts moto (Secrets Manager, S3, KMS, IAM, STS); gives its own address, without the recording proxy. */
export async function startMoto(tools: ToolPaths, processes: Processes): Promise<string> {
  const port = await freePort();
  const server = labSource('servers', 'moto-server.py');
  const child = processes.spawn('moto', tools.python, [server, '-H', '127.0.0.1', '-p', String(port)]);
  const address = `http://127.0.0.1:${port}`;
  await ready(child, async () => (await fetch(`${address}/moto-api/`)).ok);
  return address;
}
