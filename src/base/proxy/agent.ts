import type { ClientRequestArgs } from 'node:http';
import { Agent } from 'node:https';
import type { AgentOptions } from 'node:https';
import { Duplex } from 'node:stream';
import { proxyFor } from './fromEnvironment';
import { openTunnel } from './tunnel';

/** How long a proxy may take to open a tunnel, in ms. */
const limitMs = 10_000;

type Opened = (error: Error | null, stream: Duplex) => void;

/** An agent for https whose connections go through the proxy of the environment, where there is one for the host. */
export class EnvironmentAgent extends Agent {
  constructor(options: AgentOptions = {}) {
    super({ keepAlive: true, ...options });
  }

  override createConnection(options: ClientRequestArgs, opened: Opened): Duplex | null | undefined {
    const host = options.host ?? 'localhost';
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`;
    const proxy = proxyFor(`https://${target}`);
    if (proxy === undefined) return super.createConnection(options, opened);
    openTunnel(proxy, target, AbortSignal.timeout(limitMs))
      .then((socket) => {
        const overTunnel = { ...options, socket };
        const secured = super.createConnection(overTunnel);
        if (secured) opened(null, secured);
      })
      // Node wants a stream beside the error, and does not look at it.
      .catch((error: Error) => opened(error, Duplex.from([])));
    return undefined;
  }
}
