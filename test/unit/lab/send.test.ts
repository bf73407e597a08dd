import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { send } from '../../../lab/send';
import { makeCertificates } from '../../../lab/servers/certificates';
import { needs } from '../needs';

describe("a request of the lab's on a connection that was kept", () => {
  needs('openssl');
  let folder = '';
  let server: Server;
  let agent: Agent;
  /** What to do with the nth request of a connection; all are counted. */
  let onRequest: (nth: number) => 'answer' | 'close';
  let asked = 0;
  const ofSocket = new WeakMap<Socket, number>();

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kept-connections-'));
    const made = await makeCertificates('openssl', folder);
    agent = new Agent({ keepAlive: true, ca: readFileSync(made.caFile) });
    const [cert, key] = [readFileSync(made.serverCertificate), readFileSync(made.serverKey)];
    server = createServer({ cert, key }, (incoming, outgoing) => {
      const nth = (ofSocket.get(incoming.socket) ?? 0) + 1;
      ofSocket.set(incoming.socket, nth);
      asked++;
      if (onRequest(nth) === 'answer') outgoing.end(`${nth}`);
      else incoming.socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    asked = 0;
    onRequest = () => 'answer';
  });
  after(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const post = (signal?: AbortSignal): Promise<IncomingMessage> =>
    send(
      `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      { method: 'POST', agent, ...(signal ? { signal } : {}) },
      'body',
    );
  const read = async (reply: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const chunk of reply.setEncoding('utf8')) text += String(chunk);
    // The connection goes back to the agent after the end of the reply.
    await new Promise((resolve) => setImmediate(resolve));
    return text;
  };
  /** As many kept connections as requests at once. */
  const keep = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, async () => read(await post())));
    asked = 0;
  };

  it('is sent again when the server had just closed it, on one after the other', async () => {
    await keep(3);
    onRequest = (nth) => (nth > 1 ? 'close' : 'answer');
    expect(await read(await post())).to.equal('1');
    expect(asked).to.equal(4);
  });

  it('ends at a new connection that breaks', async () => {
    await keep(1);
    onRequest = () => 'close';
    const error = await post().catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ECONNRESET' });
    expect(asked).to.equal(2);
  });

  it('is not sent again for who has hung up', async () => {
    await keep(1);
    const hungUp = new AbortController();
    onRequest = () => {
      hungUp.abort();
      return 'close';
    };
    const error = await post(hungUp.signal).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ABORT_ERR' });
    expect(asked).to.equal(1);
  });
});
