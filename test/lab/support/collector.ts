import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tools } from '../../../lab/package';
import { freePort } from '../../../lab/servers/ports';
import { until } from './until';

/** A span as the collector wrote it down. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes?: { key: string; value: { stringValue?: string; boolValue?: boolean; intValue?: string } }[];
  status?: { code?: number };
}

/** The OpenTelemetry Collector, with what it took. */
export interface Collector {
  http: string;
  grpc: string;
  /** All that it took, as it wrote it. */
  text(): string;
  spans(): CollectedSpan[];
  stop(): Promise<void>;
}

/** Starts the collector that the set-up built: an OTLP receiver, and an exporter to a file, which is flushed at its end. */
export async function startCollector(): Promise<Collector> {
  const folder = mkdtempSync(path.join(tmpdir(), 'collector-'));
  const [file, config] = [path.join(folder, 'traces.json'), path.join(folder, 'config.json')];
  const [http, grpc] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: http }, grpc: { endpoint: grpc } } } },
      exporters: { file: { path: file } },
      service: {
        pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
        telemetry: { metrics: { level: 'none' } },
      },
    }),
  );
  const child = spawn(tools().collector, ['--config', `file:${config}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await until(
    'the collector is ready',
    () => {
      if (child.exitCode !== null) throw new Error(`the collector does not start: ${said}`);
      return said.includes('Everything is ready');
    },
    { limitMs: 60_000 },
  );
  const text = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return {
    http: `http://${http}`,
    grpc: `http://${grpc}`,
    text,
    spans: () =>
      text()
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => (JSON.parse(line) as { resourceSpans: Batch[] }).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Batch {
  scopeSpans: { spans: CollectedSpan[] }[];
}
