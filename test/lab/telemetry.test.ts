import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import type { CollectedSpan, Collector } from './support/collector';
import { startCollector } from './support/collector';
import { databases, labWith } from './support/labs';
import { until } from './support/until';
import { expectCode, expectNoSecret, snapshot } from './support/world';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

/** Attributes by their names. */
const factsOf = ({ attributes = [] }: CollectedSpan): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  );

for (const database of databases.slice(0, 1)) {
  describe(`traces, by the OpenTelemetry Collector (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let collector: Collector;

    before(async () => {
      collector = await startCollector();
      lab = await labWith(database);
      site = await lab.createSite();
    });
    after(async () => {
      await collector.stop();
      await site.remove();
    });

    /** All spans, once this one is among them: the collector writes after a moment. */
    async function spansWith(
      wanted: (span: CollectedSpan) => boolean,
    ): Promise<[CollectedSpan, CollectedSpan[]]> {
      const found = (): CollectedSpan | undefined => collector.spans().find(wanted);
      await until('the collector has the span', () => found() !== undefined);
      const span = found();
      if (span === undefined) throw new Error('the span is gone');
      return [span, collector.spans()];
    }

    it('a rotation has a span for the run, each step and each call outside, below its caller, and no secret in them', async () => {
      const before = await snapshot(site);
      const rotated = await run(site, ['--log-json'], {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.http,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=token-of-the-test',
        TRACEPARENT: `00-${trace}-${parent}-01`,
      });
      expectCode(rotated, 0);
      expect(rotated.stderr).not.to.include('no trace');
      const after = await snapshot(site);
      const [root, spans] = await spansWith(({ name }) => name === 'credential-rotation rotate');
      const byId = new Map(spans.map((span) => [span.spanId, span]));
      expect(new Set(spans.map(({ traceId }) => traceId))).to.deep.equal(new Set([trace]));
      expect(root.parentSpanId).to.equal(parent);
      const lines = rotated.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { rotation?: string; traceId: string; spanId: string });
      const rotation = lines.at(-1)?.rotation;
      expect(factsOf(root)).to.include({
        'credential_rotation.id': rotation,
        'credential_rotation.outcome': 'done',
        'credential_rotation.stack': site.environment['CREDENTIAL_ROTATION_STACK'],
        'process.exit.code': 0,
      });
      for (const line of lines) expect(line.traceId).to.equal(trace);
      expect(lines.filter(({ spanId }) => !byId.has(spanId))).to.deep.equal([]);
      // All hang together, and each step has one of its own.
      for (const span of spans)
        if (span.spanId !== root.spanId) expect(byId.has(span.parentSpanId ?? ''), span.name).to.equal(true);
      const names = spans.map(({ name }) => name);
      for (let step = 3; step <= 11; step++) expect(names).to.include(`step ${step}`);
      expect(names).to.include.members([
        'engine up',
        'act DatabaseUser',
        'Secrets Manager GetSecretValue',
        'Kubernetes GET deployments',
        'database ALTER USER',
        'file: rename',
        'health page',
      ]);
      const alter = spans.find(({ name }) => name === 'database ALTER USER');
      const above = (span: CollectedSpan | undefined): string[] =>
        span === undefined ? [] : [span.name, ...above(byId.get(span.parentSpanId ?? ''))];
      expect(above(alter)).to.include('act DatabaseUser').and.include('credential-rotation rotate');
      expect(above(alter).some((name) => name.startsWith('step '))).to.equal(true);
      // What the plugins do, by the engine's own word for it: the type of what is written, below its step.
      for (const [type, step] of [
        ['aws:secretsmanager/secretVersion:SecretVersion', 4],
        ['kubernetes:core/v1:SecretPatch', 6],
        ['kubernetes:apps/v1:DeploymentPatch', 7],
        ['pulumi-nodejs:dynamic/credential-rotation:Sqlconf', 5],
      ] as const) {
        const found = spans.filter(({ name }) => name === `resource ${type}`);
        expect(
          found.map((span) => above(span)[1]),
          type,
        ).to.include(`step ${step}`);
        for (const span of found) {
          expect(factsOf(span)['credential_rotation.operation']).to.match(/^(create|update)/);
          expect(Object.keys(factsOf(span))).to.have.members([
            'credential_rotation.operation',
            'credential_rotation.resource',
          ]);
          expect(span.status?.code ?? 0).to.equal(0);
        }
      }
      const passwords = [before, after].flatMap(({ A, B, admin }) =>
        [A, B, admin].map(({ password }) => password),
      );
      expectNoSecret([...site.canaries(), ...passwords, 'token-of-the-test'], {
        collector: collector.text(),
      });
      expect(collector.text()).not.to.match(/IDENTIFIED|SELECT .*FROM|WHERE|https?:\/\/[^/]*@|\?[a-z]+=/);
    });

    it('a dry run goes by gRPC; a refused run has its failure code', async () => {
      const environment = {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.grpc,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      };
      const refused = await run(site, ['--dry-run'], { ...environment, K8S_DEPLOYMENT_NAME: 'nowhere' });
      expect(refused.code).not.to.equal(0);
      expect(refused.stderr).not.to.include('no trace');
      const [root] = await spansWith(
        ({ name, traceId }) => traceId !== trace && name === 'credential-rotation rotate',
      );
      expect(root.status?.code).to.equal(2);
      expect(factsOf(root)).to.include({ 'process.exit.code': refused.code });
    });
  });
}
