import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createServer as httpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { createServer as tlsServer } from 'node:tls';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { freePort } from '../../lab/servers/ports';
import { askOnce } from '../../src/openemr/health/ask';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, expectNoSecret, leftOnDisk } from './support/world';

type Changes = Record<string, string | undefined>;

/** A name that no name server knows: only a proxy finds it. The lab's certificate is good for it. */
const name = 'kubernetes.default.svc';
const password = 'Canary-of-the-proxy';

/** The lab's forward proxy, a process of its own. */
class ForwardProxy {
  /** What it carried, in order: `connect host:port`, `forward host:port`. */
  readonly carried: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly port: string,
  ) {}

  static async start(environment: Record<string, string>): Promise<ForwardProxy> {
    const file = path.resolve(__dirname, '..', '..', 'lab', 'servers', 'forward-proxy.js');
    const child = spawn(process.execPath, [file], {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new Promise((resolve, reject) => {
      let proxy: ForwardProxy | undefined;
      child.once('error', reject);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((each) => each !== ''))
          if (line.startsWith('port ')) resolve((proxy = new ForwardProxy(child, line.slice(5))));
          else proxy?.carried.push(line);
      });
    });
  }

  stop(): void {
    this.child.kill('SIGTERM');
  }
}

// The way to AWS and the cluster does not know the kind of database.
describe('HTTPS_PROXY, HTTP_PROXY and NO_PROXY', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  let proxy: ForwardProxy;
  let refusing: ForwardProxy;
  /** All of AWS, Kubernetes and the health page by names that only the proxy finds. */
  let through: Changes;
  let aws: string;
  let hooks: string;
  const servers: Server[] = [];
  const told: string[] = [];

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    proxy = await ForwardProxy.start({ PROXY_LOGIN: `rotation:${password}` });
    refusing = await ForwardProxy.start({ PROXY_REFUSES: '403' });
    const caFile = site.environment['DATABASE_CA_FILE'] ?? '';
    const file = (each: string): Buffer => readFileSync(path.join(path.dirname(caFile), each));
    const overTls = tlsServer({ cert: file('server.pem'), key: file('server.key') }, (socket) => {
      const onward = connect(Number(new URL(lab.aws.endpoint).port), '127.0.0.1');
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    });
    aws = `https://${name}:${await listening(overTls)}`;
    const hook = httpServer((incoming, outgoing) => {
      told.push(incoming.url ?? '');
      incoming.resume();
      outgoing.writeHead(204).end();
    });
    hooks = `http://hooks.example:${await listening(hook)}/done`;
    const kubeconfig = path.join(site.folder, 'kubeconfig-of-the-proxy');
    const own = readFileSync(site.environment['KUBECONFIG'] ?? '', 'utf8');
    writeFileSync(kubeconfig, own.replaceAll('https://127.0.0.1:', `https://${name}:`));
    through = {
      AWS_ENDPOINT_URL: aws,
      NODE_EXTRA_CA_CERTS: caFile,
      KUBECONFIG: kubeconfig,
      OPENEMR_HEALTHCHECK_URL: site.healthUrl.replace('127.0.0.1', 'openemr.lab.svc'),
    };
  });
  after(async () => {
    [proxy, refusing].forEach((each) => each.stop());
    servers.forEach((server) => server.close());
    await site.remove();
  });

  const at = (port: string, login = ''): Changes => {
    const url = `http://${login}127.0.0.1:${port}`;
    return { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: 'unrelated.example' };
  };
  const clusterServer = (): string =>
    /https:[^"]+/.exec(readFileSync(through['KUBECONFIG'] ?? '', 'utf8'))?.[0] ?? '';

  it('a dry run and a rotation: every client takes the way through the proxy, whose password is shown nowhere', async () => {
    const changes = { ...through, ...at(proxy.port, `rotation:${password}@`) };
    const dry = await run(site, ['--dry-run'], changes);
    expectCode(dry, 0);
    expect(dry.stderr + dry.stdout).to.include(`is asked through the proxy http://127.0.0.1:${proxy.port}`);
    const end = await run(site, [], { ...changes, CREDENTIAL_ROTATION_WEBHOOK_URL: hooks });
    expectCode(end, 0);
    await expectHealthy(site, 'B');
    expect(told).to.deep.equal(['/done']);
    expect(proxy.carried).to.include.members([
      `connect ${new URL(aws).host}`,
      `connect ${new URL(clusterServer()).host}`,
      `forward openemr.lab.svc:${new URL(site.healthUrl).port}`,
      `forward ${new URL(hooks).host}`,
    ]);
    expectNoSecret([password], {
      said: dry.stdout + dry.stderr + end.stdout + end.stderr,
      ...leftOnDisk(site),
    });
  });

  const onlyOf = (variable: 'AWS_ENDPOINT_URL' | 'KUBECONFIG'): Changes => ({
    [variable]: through[variable],
    NODE_EXTRA_CA_CERTS: through['NODE_EXTRA_CA_CERTS'],
  });
  const refusals: [string, () => Promise<Changes>, number, RegExp][] = [
    [
      'a wrong login, for AWS',
      async () => ({ ...onlyOf('AWS_ENDPOINT_URL'), ...at(proxy.port, 'rotation:another-canary@') }),
      2,
      /Secrets Manager in us-east-1 .* cannot be reached: the proxy http:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY .* requires a login \(HTTP 407\)/,
    ],
    [
      'a proxy that is down, for AWS',
      async () => ({ ...onlyOf('AWS_ENDPOINT_URL'), ...at(String(await freePort())) }),
      4,
      /Secrets Manager .* the proxy http:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY .* takes no connection \(ECONNREFUSED\)/,
    ],
    [
      'a proxy that refuses the API server',
      async () => ({ ...onlyOf('KUBECONFIG'), ...at(refusing.port) }),
      2,
      /The API server \(.*\) cannot be reached: the proxy .* refuses kubernetes\.default\.svc:\d+ \(HTTP 403\); allow it there, or name it in NO_PROXY/,
    ],
    [
      'a proxy that refuses the health page',
      async () => ({
        OPENEMR_HEALTHCHECK_URL: through['OPENEMR_HEALTHCHECK_URL'],
        ...at(refusing.port),
      }),
      2,
      /answers with HTTP 403 through the proxy http:\/\/127\.0\.0\.1:\d+ of HTTP_PROXY \(names of the cluster belong in NO_PROXY\)/,
    ],
  ];
  for (const [what, changes, code, says] of refusals)
    it(`${what}: the dry run ends with ${code} and names the proxy`, async () => {
      const end = await run(site, ['--dry-run'], await changes());
      expectCode(end, code);
      expect(end.stdout + end.stderr)
        .to.match(says)
        .and.not.include('another-canary');
    });

  it('the engine takes the same way to its state, and its proxy is named, too', async () => {
    const bucket = `s3://bucket?region=us-east-1&s3ForcePathStyle=true&endpoint=${new URL(aws).host}`;
    const end = await run(site, ['--dry-run'], { ...at(refusing.port), PULUMI_BACKEND_URL: bucket });
    expectCode(end, 2);
    expect(end.stderr)
      .to.match(/The state of .* the proxy http.* refuses kubernetes\.default\.svc:\d+ \(Forbidden\)/)
      .and.not.match(/StatusCode/);
  });

  it('a health page over TLS is asked through a tunnel', async () => {
    const { HTTPS_PROXY } = process.env;
    const caFile = through['NODE_EXTRA_CA_CERTS'] ?? '';
    process.env['HTTPS_PROXY'] = `http://rotation:${password}@127.0.0.1:${proxy.port}`;
    const good = await askOnce({ url: `${aws}/health`, caFile }, 5000, undefined);
    process.env['HTTPS_PROXY'] = `http://127.0.0.1:${refusing.port}`;
    const refused = await askOnce({ url: `${aws}/health`, caFile }, 5000, undefined);
    if (HTTPS_PROXY === undefined) delete process.env['HTTPS_PROXY'];
    else process.env['HTTPS_PROXY'] = HTTPS_PROXY;
    // Whatever moto says to such a path: it was reached, and its certificate was good.
    expect(JSON.stringify(good))
      .to.match(/answers/)
      .and.not.match(/proxy/);
    expect(JSON.stringify(refused)).to.match(/cannot be reached: the proxy .* refuses/);
  });

  it('what NO_PROXY names goes straight', async () => {
    const caught = proxy.carried.length;
    const end = await run(site, ['--dry-run'], {
      ...onlyOf('KUBECONFIG'),
      ...at(proxy.port, `rotation:${password}@`),
      NO_PROXY: '10.0.0.0/8, .default.svc',
    });
    expectCode(end, 4);
    expect(end.stderr).to.match(/does not answer .* \((ENOTFOUND|EAI_AGAIN)\)/);
    expect(proxy.carried.slice(caught)).to.deep.equal([]);
  });
});
