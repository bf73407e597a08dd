import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import type { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as messages from '@pulumi/pulumi/proto/provider_pb';
import type { OwnProvider } from '../../../src/engine/provider';
import { serveOwnProvider } from '../../../src/engine/provider';
import { ProviderAccess, newToken } from '../../../src/engine/providerAccess';
import { isSocketOf } from '../../../src/engine/socketOwner';
import { act, acts, clientOf, show, statusOf } from '../../providerCalls';

describe('the provider of this process, on a port that every local user reaches', () => {
  const token = newToken();
  const clients: ResourceProviderClient[] = [];
  let provider: OwnProvider;
  let kernelSays: boolean | undefined;

  function client(): ResourceProviderClient {
    const made = clientOf(provider.environment['PULUMI_DEBUG_PROVIDERS'] ?? '');
    clients.push(made);
    return made;
  }

  beforeEach(async () => {
    kernelSays = false;
    provider = await serveOwnProvider(token, () => kernelSays);
  });
  afterEach(async () => {
    for (const made of clients.splice(0)) made.close();
    await provider.close();
  });

  for (const name of Object.keys(acts)) {
    it(`refuses ${name} to whoever does not show the token`, async () => {
      kernelSays = true;
      expect(await act(client(), name)).to.equal('UNAUTHENTICATED');
    });
  }

  it('refuses a wrong token, and what comes after it', async () => {
    const foreign = client();
    for (const wrong of ['', 'x', newToken()]) expect(await show(foreign, wrong)).to.equal('UNAUTHENTICATED');
    expect(await act(foreign, 'create')).to.equal('UNAUTHENTICATED');
  });

  it('serves the connection that showed it, and no other beside it', async () => {
    const engine = client();
    expect(await show(engine, token)).to.equal('OK');
    expect(await act(engine, 'check')).to.equal('OK');
    // The registry was asked, and knows no such type.
    expect(await act(engine, 'create')).to.equal('UNKNOWN');
    expect(await act(client(), 'create')).to.equal('UNAUTHENTICATED');
  });

  it('takes up an engine that dials again by the word of the kernel, where it gives one', async () => {
    expect(await show(client(), token)).to.equal('OK');
    for (const word of [false, undefined]) {
      kernelSays = word;
      expect(await act(client(), 'check')).to.equal('UNAUTHENTICATED');
    }
    kernelSays = true;
    expect(await act(client(), 'check')).to.equal('OK');
  });

  it('answers what the engine asks before the program can show the token', async () => {
    const engine = client();
    const request = new messages.ConfigureRequest();
    expect(await statusOf(engine, (to, done) => to.configure(request, done))).to.equal('OK');
  });
});

describe('a connection over the loopback', () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  let port = 0;
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('is of the process that has it open, and of no other', async () => {
    const program = `require('node:net').connect(${port}, '127.0.0.1', () => console.log('connected'))`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      const wanted = { localPort: sockets.at(-1)?.remotePort ?? 0, remotePort: port };
      expect(isSocketOf([child.pid ?? 0], wanted)).to.equal(true);
      expect(isSocketOf([process.pid, process.ppid], wanted)).to.equal(false);
      expect(isSocketOf([process.pid], { localPort: port, remotePort: 0 })).to.equal(true);
      expect(isSocketOf([child.pid ?? 0], { localPort: port, remotePort: 0 })).to.equal(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('loses its leave with its end: the next one from the same port has none', async function () {
    // The port is free for a moment, and a test beside this one may have taken it: mocha then tries with another one.
    this.retries(5);
    const token = newToken();
    const access = new ProviderAccess(token, () => undefined);
    const open = async (localPort?: number): Promise<Socket> => {
      const accepted = once(server, 'connection');
      const socket = connect({ port, host: '127.0.0.1', ...(localPort === undefined ? {} : { localPort }) });
      await Promise.all([accepted, once(socket, 'connect')]);
      return socket;
    };
    const first = await open();
    const peer = `127.0.0.1:${first.localPort}`;
    const taken = sockets.at(-1);
    if (taken === undefined) throw new Error('no connection');
    access.connect(taken);
    expect(access.show(peer, token)).to.equal(true);
    expect(access.allows(peer)).to.equal(true);
    const { localPort } = first;
    // Reset, so that the port is free at once.
    taken.resetAndDestroy();
    await new Promise((resolve) => first.on('error', () => undefined).once('close', resolve));
    expect(access.allows(peer)).to.equal(false);
    const second = await open(localPort);
    const next = sockets.at(-1);
    if (next !== undefined) access.connect(next);
    expect(access.allows(peer)).to.equal(false);
    second.destroy();
  });
});
