import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { serviceName } from '../sdk/protocol';

/**
 * What may be asked without the token: how the engine opens a connection, before the program can hand it the token.
 * None of these reads or changes anything. `Invoke` is how the token is shown.
 */
const open = new Set(
  ['Handshake', 'Attach', 'GetPluginInfo', 'CheckConfig', 'DiffConfig', 'Configure', 'Cancel', 'Invoke'].map(
    (name) => `/${serviceName}/${name}`,
  ),
);

/** Said to whoever does not show the token. */
export const refusal =
  'This provider answers the Pulumi engine of its own run alone, and this connection has not shown the token of that run.';

/** The token of one run of the engine: 32 random bytes, as base64url. It stays in memory. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Who may use the provider: a connection that has shown the token. The engine dials again by itself, after half an hour
 * without a call or when a connection breaks, and shows nothing then: for that connection the kernel must say that
 * the engine has it open.
 */
export class ProviderAccess {
  private readonly shown = new Set<Socket>();
  private readonly connected = new Map<string, Socket>();
  private wasShown = false;

  /**
   * @param isEngine the kernel's word on the connection from that port to that port of the loopback; undefined when it
   *   cannot be asked
   */
  constructor(
    private readonly token: string,
    private readonly isEngine: (fromPort: number, toPort: number) => boolean | undefined,
  ) {}

  /** Takes note of a connection, before anything is read from it. */
  connect(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.connected.set(peer, socket);
    socket.once('close', () => {
      this.shown.delete(socket);
      if (this.connected.get(peer) === socket) this.connected.delete(peer);
    });
  }

  /** Takes a token that a connection shows. @returns false when it is not this run's */
  show(peer: string, token: string): boolean {
    const socket = this.connected.get(peer);
    const [given, own] = [Buffer.from(token), Buffer.from(this.token)];
    if (socket === undefined || given.length !== own.length || !timingSafeEqual(given, own)) return false;
    this.shown.add(socket);
    this.wasShown = true;
    return true;
  }

  /** True when this connection may ask for everything. */
  allows(peer: string): boolean {
    const socket = this.connected.get(peer);
    if (socket === undefined) return false;
    if (this.shown.has(socket)) return true;
    const { remotePort, localPort } = socket;
    if (!this.wasShown || remotePort === undefined || localPort === undefined) return false;
    if (this.isEngine(remotePort, localPort) !== true) return false;
    this.shown.add(socket);
    return true;
  }

  /** Refuses a call before its message is read. */
  interceptor(): grpc.ServerInterceptor {
    return ({ path }, call) =>
      new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, proceed) => {
              if (open.has(path) || this.allows(call.getPeer())) proceed(metadata);
              else call.sendStatus({ code: grpc.status.UNAUTHENTICATED, details: refusal });
            },
          }),
      });
  }
}

/** Listens on a free port of the loopback, and hands each connection to the gRPC server when it has been taken note of. */
export async function listen(
  server: grpc.Server,
  access: ProviderAccess,
): Promise<{ port: number; tcp: TcpServer }> {
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    access.connect(socket);
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.on('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return { port: (tcp.address() as AddressInfo).port, tcp };
}
