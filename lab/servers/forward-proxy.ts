import { createServer, request, STATUS_CODES } from 'node:http';
import { connect } from 'node:net';

/**
 * A forward proxy as a process of its own, such as stands between a private subnet and the internet: CONNECT, and plain
 * HTTP by its whole address. It reaches every name, and that on this machine: the names that the lab gives exist
 * nowhere else, so that only what comes through it arrives. Prints its port, then each target as a line.
 *
 * `PROXY_LOGIN` (`user:password`): what it wants. `PROXY_REFUSES`: a status that it answers everything with.
 */
const login = process.env['PROXY_LOGIN'] ?? '';
const refuses = Number(process.env['PROXY_REFUSES'] ?? 0);

/** The status that a request is refused with; undefined when it may pass. */
function refusal(given: string | undefined): number | undefined {
  if (login !== '' && given !== `Basic ${Buffer.from(login).toString('base64')}`) return 407;
  return refuses === 0 ? undefined : refuses;
}

const note = (how: string, target: string): void => void process.stdout.write(`${how} ${target}\n`);

const server = createServer((incoming, outgoing) => {
  const status = refusal(incoming.headers['proxy-authorization']);
  const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : undefined;
  if (status !== undefined || url === undefined) return void outgoing.writeHead(status ?? 400).end();
  note('forward', url.host);
  const headers = { ...incoming.headers };
  delete headers['proxy-authorization'];
  const onward = request(
    {
      host: '127.0.0.1',
      port: url.port || 80,
      method: incoming.method,
      path: url.pathname + url.search,
      headers,
    },
    (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    },
  );
  onward.on('error', () => outgoing.writeHead(502).end());
  incoming.pipe(onward);
});

server.on('connect', (incoming, client, head) => {
  const target = incoming.url ?? '';
  client.on('error', () => undefined);
  const status = refusal(incoming.headers['proxy-authorization']);
  if (status !== undefined)
    return void client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Length: 0\r\n\r\n`);
  note('connect', target);
  const onward = connect(Number(/:(\d+)$/.exec(target)?.[1]), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    onward.write(head);
    client.pipe(onward).pipe(client);
  });
  onward.on('error', () => client.destroy());
  client.on('close', () => onward.destroy());
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  note('port', typeof address === 'object' && address !== null ? String(address.port) : '');
});
process.stdin.on('end', () => process.exit()).resume();
