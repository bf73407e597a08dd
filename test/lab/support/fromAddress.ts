import net from 'node:net';

/**
 * Preloaded (NODE_OPTIONS=--require) into a run: its connections to the port TEST_TO_PORT come from the address
 * TEST_FROM_ADDRESS, as those of a rotation in a subnet of its own do.
 */
const { TEST_FROM_ADDRESS: localAddress, TEST_TO_PORT: to } = process.env;
const connect = net.connect.bind(net) as (...all: unknown[]) => net.Socket;
net.connect = (...all: unknown[]): net.Socket =>
  String(all[0]) === to ? connect({ port: Number(to), host: String(all[1]), localAddress }) : connect(...all);
