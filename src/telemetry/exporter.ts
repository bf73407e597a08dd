import type { ExportResult } from '@opentelemetry/core';
import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Protocol } from './wanted';

/** Notes why spans could not be sent, and goes on. */
export class NotingExporter implements SpanExporter {
  /** Why the last spans did not arrive, without anything of the answer; undefined when they did. */
  failure: string | undefined;

  constructor(private readonly inner: SpanExporter) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans, (result) => {
      this.failure = result.code === ExportResultCode.SUCCESS ? undefined : reasonOf(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush?.() ?? Promise.resolve();
  }
}

/** A code, or an HTTP status: a message may hold the URL with what stands in it. */
function reasonOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `the collector answers with ${code}`;
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? code : 'the collector cannot be reached';
}

/** The exporter of a protocol; it reads its endpoint, headers and limits from the environment itself. */
export async function exporterFor(protocol: Protocol): Promise<NotingExporter> {
  switch (protocol) {
    case 'http/protobuf':
      return new NotingExporter(
        new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(),
      );
    case 'http/json':
      return new NotingExporter(
        new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(),
      );
    case 'grpc':
      return new NotingExporter(
        new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter(),
      );
  }
}
