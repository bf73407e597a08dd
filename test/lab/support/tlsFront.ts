import { createServer, connect } from 'node:net';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import type { Lab } from '../../../lab';

/** The bit of the server's capabilities that offers TLS; it is in the lower half of them. */
const clientSsl = 0x0800;

/** A database that shows itself as told, up to the point where a client sends a login. */
export interface TlsFront {
  port: number;
  /** What clients sent of a login: the bytes after the TLS handshake, or in clear. */
  logins: Buffer[];
  close(): Promise<void>;
}

/**
 * Passes on the greeting of the lab's database, and then is the server itself: with the given certificate and
 * versions, or, as a man in the middle would be, without the offer of TLS.
 */
export async function startTlsFront(lab: Lab, tls: SecureContextOptions | 'stripped'): Promise<TlsFront> {
  const logins: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    const upstream = connect(lab.database.port, '127.0.0.1');
    sockets.add(upstream);
    upstream.on('error', () => undefined);
    upstream.once('data', (greeting) => {
      upstream.destroy();
      client.write(tls === 'stripped' ? withoutTls(greeting) : greeting);
    });
    const answered = (): void => {
      // The request for TLS is 4 + 32 bytes; what comes with it is the beginning of the handshake.
      const answer = (tls === 'stripped' ? client.read() : client.read(36)) as Buffer | null;
      if (answer === null) return;
      client.off('readable', answered);
      if (tls === 'stripped') logins.push(answer);
      else secure(client, tls, logins);
    };
    client.on('readable', answered);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    logins,
    close: () =>
      new Promise((resolve) => {
        sockets.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
}

/** The client has asked for TLS: be its server, and note what it sends when it trusts us. */
function secure(client: Socket, tls: SecureContextOptions, logins: Buffer[]): void {
  const secured = new TLSSocket(client, { isServer: true, secureContext: createSecureContext(tls) });
  secured.on('error', () => undefined);
  secured.on('data', (data: Buffer) => logins.push(data));
}

/** Header (4), protocol (1), version with its end (…), connection (4), first half of the salt (8), filler (1), capabilities (2). */
function withoutTls(greeting: Buffer): Buffer {
  const changed = Buffer.from(greeting);
  const at = changed.indexOf(0, 5) + 1 + 4 + 8 + 1;
  changed.writeUInt16LE(changed.readUInt16LE(at) & ~clientSsl, at);
  return changed;
}
