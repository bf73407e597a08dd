import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { traceTo } from '../base/trace';
import { exporterFor } from './exporter';
import { Spans } from './spans';
import type { Protocol } from './wanted';
import { parentIn } from './wanted';

/** How long the end of a run waits for its spans to be taken, in ms. The locks are given back by then. */
const flushLimitMs = 2000;

/** A run that is traced. */
export interface TracedRun {
  /**
   * Ends the trace and sends what is left of it, within a limit. Never throws.
   * @returns why it did not arrive, for a note; undefined when it did
   */
  end(exitCode: number): Promise<string | undefined>;
}

/**
 * Begins the trace of a run. Sampler, limits of spans and batches, and the resource come from the standard variables, which
 * the libraries read themselves.
 * @param name of the run's own span
 */
export async function startTracing(
  name: string,
  protocol: Protocol,
  environment: NodeJS.ProcessEnv,
): Promise<TracedRun> {
  const exporter = await exporterFor(protocol);
  const named = resourceFromAttributes({ 'service.name': 'credential-rotation' });
  const provider = new BasicTracerProvider({
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const spans = new Spans(provider.getTracer('openemr-credential-rotation'), name, parentIn(environment));
  traceTo(spans);
  return {
    end: async (exitCode) => {
      spans.end(exitCode);
      traceTo(undefined);
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), flushLimitMs).unref());
      const flushed = await Promise.race([provider.forceFlush().catch(() => undefined), late]);
      return exporter.failure ?? (flushed === 'late' ? 'the collector does not answer' : undefined);
    },
  };
}
