import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Failure } from '../base/failure';
import { errorCode } from '../base/errors';
import type { TraceFacts, TraceIds, Tracing } from '../base/trace';
import { scrubber } from '../secrecy/scrubber';
import type { Parent } from './wanted';

/** The spans of one run of the command. Nothing is registered globally: Pulumi's SDK has an OpenTelemetry of its own. */
export class Spans implements Tracing {
  private readonly active = new AsyncLocalStorage<Span>();
  private readonly root: Span;
  /** The engine's calls come over a connection of their own: they belong to the step under way. */
  private step: { number: number; span: Span } | undefined;

  constructor(
    private readonly tracer: Tracer,
    name: string,
    parent: Parent | undefined,
  ) {
    const above = parent && trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
    this.root = tracer.startSpan(name, { kind: SpanKind.INTERNAL }, above ?? ROOT_CONTEXT);
  }

  async within<T>(name: string, facts: TraceFacts, action: () => Promise<T>): Promise<T> {
    const span = this.below(name, SpanKind.CLIENT, facts);
    try {
      return await this.active.run(span, action);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  begins(name: string, facts: TraceFacts): (failed: boolean) => void {
    const span = this.below(name, SpanKind.CLIENT, facts, this.step?.span ?? this.root);
    return (failed) => {
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
  }

  stepBegins(number: number, title: string): void {
    this.endStep();
    const facts = { 'credential_rotation.step': number, 'credential_rotation.step.title': title };
    const above = trace.setSpan(ROOT_CONTEXT, this.root);
    const span = this.tracer.startSpan(`step ${number}`, { attributes: clean(facts) }, above);
    this.step = { number, span };
  }

  stepEnds(number: number, status: string): void {
    if (this.step?.number !== number) return;
    this.step.span.setAttribute('credential_rotation.step.status', status);
    if (status === 'failed') this.step.span.setStatus({ code: SpanStatusCode.ERROR });
    this.endStep();
  }

  note(facts: TraceFacts): void {
    this.root.setAttributes(clean(facts));
  }

  ids(): TraceIds {
    const { traceId, spanId, traceFlags } = this.current().spanContext();
    return { traceId, spanId, flags: traceFlags.toString(16).padStart(2, '0') };
  }

  /** Ends what is still open, and the run itself. */
  end(exitCode: number): void {
    this.endStep();
    this.root.setAttribute('process.exit.code', exitCode);
    if (exitCode !== 0) this.root.setStatus({ code: SpanStatusCode.ERROR });
    this.root.end();
  }

  private endStep(): void {
    this.step?.span.end();
    this.step = undefined;
  }

  private current(): Span {
    return this.active.getStore() ?? this.step?.span ?? this.root;
  }

  private below(name: string, kind: SpanKind, facts: TraceFacts, parent = this.current()): Span {
    const above = trace.setSpan(ROOT_CONTEXT, parent);
    return this.tracer.startSpan(scrubber.scrub(name), { kind, attributes: clean(facts) }, above);
  }
}

/** The second fence: what calls this gives names and kinds alone. */
function clean(facts: TraceFacts): Attributes {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? scrubber.scrub(value) : value,
    ]),
  );
}

/** By its code alone: a message may name what it was about. */
function markFailed(span: Span, error: unknown): void {
  const code = error instanceof Failure ? error.code : errorCode(error);
  span.setAttribute('error.type', code ?? (error instanceof Error ? error.constructor.name : 'unknown'));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
