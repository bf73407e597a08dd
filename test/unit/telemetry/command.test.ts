import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { repositoryFile } from '../docs/readme';
import { startServer } from '../notify/servers';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
}

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';
const token = 'token-of-the-collector';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

/** All spans in the bodies of an OTLP receiver that takes JSON. */
function spansOf(bodies: string[]): OtlpSpan[] {
  return bodies.flatMap((body) =>
    (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }).resourceSpans.flatMap(
      ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
    ),
  );
}

describe('a command that is traced', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'traces-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** A command that ends with 2: there are no settings. */
  function run(environment: Record<string, string>, words = ['--log-json']): Promise<Ended> {
    const started = performance.now();
    const child = spawn(process.execPath, [repositoryFile('dist/src/cli/main.js'), ...words], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    return new Promise((resolve) =>
      child.on('close', (code) => resolve({ code, stdout, stderr, ms: performance.now() - started })),
    );
  }

  it('sends its span with the headers, below the span of its caller, and its lines carry the ids', async () => {
    const receiver = await startServer((response) => response.end('{}'));
    try {
      const { code, stdout, stderr } = await run({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${token}`,
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        OTEL_SERVICE_NAME: 'rotation-of-the-test',
        TRACEPARENT: `00-${trace}-${parent}-01`,
      });
      expect(code, stderr).to.equal(2);
      expect(stderr).not.to.include('no trace');
      const [request] = receiver.received;
      expect(request?.url).to.equal('/v1/traces');
      expect(request?.headers.authorization).to.equal(`Bearer ${token}`);
      const spans = spansOf(receiver.received.map(({ body }) => body));
      const root = spans.find(({ name }) => name === 'credential-rotation rotate');
      expect(root).to.include({ traceId: trace, parentSpanId: parent });
      expect(request?.body).to.include('rotation-of-the-test').and.include('deployment.environment.name');
      const line = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object;
      expect(line).to.include({ traceId: trace, spanId: root?.spanId });
      expect(stdout + stderr + (request?.body ?? '')).not.to.include(token);
    } finally {
      await receiver.close();
    }
  });

  it('sends nothing that its caller did not sample', async () => {
    const receiver = await startServer((response) => response.end('{}'));
    const { code, stdout } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      TRACEPARENT: `00-${trace}-${parent}-00`,
    });
    await receiver.close();
    expect(code).to.equal(2);
    expect(receiver.received).to.deep.equal([]);
    expect(stdout).to.include(trace);
  });

  for (const protocol of ['http/protobuf', 'http/json', 'grpc'])
    it(`ends as it ends, with one note, when nobody listens (${protocol})`, async () => {
      const { code, stderr } = await run({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:sup3rsecret@127.0.0.1:1/sup3rsecret?sup3rsecret',
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      });
      expect(code, stderr).to.equal(2);
      expect(stderr.match(/Note: no trace of this run could be sent: .+\.\n/g)).to.have.length(1);
      expect(stderr).not.to.include('sup3rsecret');
    });

  it('ends as it ends when the collector never answers, or refuses', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    // The exporter would wait for ten minutes.
    const patient = { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' };
    const late = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, ...patient });
    mute.close();
    expect(late.code).to.equal(2);
    expect(late.stderr).to.include(
      'Note: no trace of this run could be sent: the collector does not answer.',
    );
    expect(late.ms).to.be.below(60_000);
    const refusing = await startServer((response) => {
      response.statusCode = 401;
      response.end('sup3rsecret');
    });
    const refused = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url });
    await refusing.close();
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.include('the collector answers with 401').and.not.include('sup3rsecret');
  });

  it('says what is wrong with the variables, and goes on', async () => {
    const { code, stderr } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' });
    expect(code).to.equal(2);
    expect(stderr).to.include(
      'Note: no trace of this run could be sent: the OTLP endpoint is no http(s) URL.',
    );
  });

  it('loads OpenTelemetry only when it was asked for', async () => {
    const [hook, list] = [path.join(folder, 'hook.js'), path.join(folder, 'loaded')];
    writeFileSync(
      hook,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n')));`,
    );
    const loaded = async (environment: Record<string, string>, words: string[]): Promise<string[]> => {
      await run({ ...environment, NODE_OPTIONS: `--require=${hook}` }, words);
      const files = readFileSync(list, 'utf8').split('\n');
      return files.filter((file) => /opentelemetry|vendor.telemetry|telemetry.(start|spans)/.test(file));
    };
    const wanted = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    for (const words of [['--help'], ['status'], ['--log-json']]) {
      expect(await loaded({}, words), words.join(' ')).to.deep.equal([]);
      expect(await loaded({ ...wanted, OTEL_SDK_DISABLED: 'true' }, words)).to.deep.equal([]);
    }
    expect(await loaded(wanted, ['status'])).not.to.deep.equal([]);
    expect(await loaded(wanted, ['--help'])).to.deep.equal([]);
  });
});
