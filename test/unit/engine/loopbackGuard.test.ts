import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { expect } from 'chai';
import { runEngine } from '../../../src/engine/process';
import { portsIn } from '../../../src/sdk/automation';

/** Dials the port of its last argument but one, and prints what it is told. */
const engine = `const port = Number(process.argv.find((arg) => arg.startsWith('--client=')).split(':')[1]);
require('node:net').connect(port, '127.0.0.1').on('data', (text) => process.stdout.write(text));`;

/** Ends with what a server tells a connection of this process, which is no engine. */
function toldTo(port: number): Promise<string> {
  return new Promise((resolve) => {
    let told = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (text) => (told += text.toString())).on('error', () => undefined);
    socket.on('close', () => resolve(told));
  });
}

describe("the Automation API's servers, which ask nobody who they are", () => {
  let server: Server;
  let port = 0;
  let dialled: () => Promise<void> = async () => undefined;

  before(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      // As a server does: it answers when it has read, and not in the moment of the connection.
      setImmediate(() => void dialled().then(() => socket.end('the passwords')));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  it('answer the engine that was told of them, and nobody else while it runs', async () => {
    let foreign = 'not asked';
    dialled = async () => {
      dialled = async () => undefined;
      foreign = await toldTo(port);
    };
    const args = ['-e', engine, '--', `--client=127.0.0.1:${port}`];
    const { stdout } = await runEngine(process.execPath, args, '/', {});
    expect(stdout).to.equal('the passwords');
    expect(foreign).to.equal('');
    // With its end the port is no longer looked after.
    expect(await toldTo(port)).to.equal('the passwords');
  });

  it('are found in the arguments of the engine', () => {
    const args = ['up', '--client=127.0.0.1:4001', '--event-log', 'tcp://127.0.0.1:4002', '--stack', 'prod'];
    expect(portsIn(args)).to.deep.equal([4001, 4002]);
  });
});
