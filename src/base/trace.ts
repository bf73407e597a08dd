/*
 * Where a run is traced, if anybody asked for it. Like `effect` this only calls the action otherwise: what makes and sends
 * spans is in src/telemetry, and is not loaded then.
 */

/** What is known of a span: kinds and names, never a value that somebody typed, read or minted. */
export type TraceFacts = Readonly<Record<string, string | number | boolean>>;

/** What src/telemetry puts here. */
export interface Tracing {
  /** Calls an action within a span below the one under way; what it throws marks the span. */
  within<T>(name: string, facts: TraceFacts, action: () => Promise<T>): Promise<T>;
  /** Begins a span below the step under way, for what another process does; the function that it gives ends it. */
  begins(name: string, facts: TraceFacts): (failed: boolean) => void;
  stepBegins(step: number, title: string): void;
  stepEnds(step: number, status: string): void;
  /** Adds to the span of the whole run. */
  note(facts: TraceFacts): void;
  /** The span under way. */
  ids(): TraceIds;
}

/** The ids of a span, as W3C Trace Context writes them. */
export interface TraceIds {
  traceId: string;
  spanId: string;
  /** Of the header `traceparent`. */
  flags: string;
}

let tracing: Tracing | undefined;

/** From now on it is traced there; undefined ends that. */
export function traceTo(to: Tracing | undefined): void {
  tracing = to;
}

/** Calls an action, within a span where this run is traced. */
export function traced<T>(name: string, facts: TraceFacts, action: () => Promise<T>): Promise<T> {
  return tracing === undefined ? action() : tracing.within(name, facts, action);
}

/** The tracing of this run; undefined when nobody asked for it. */
export function tracingOfRun(): Tracing | undefined {
  return tracing;
}

/** `TRACEPARENT` for a process that is started now (W3C Trace Context as environment variables, OpenTelemetry). */
export function traceVariables(): Record<string, string> {
  if (tracing === undefined) return {};
  const { traceId, spanId, flags } = tracing.ids();
  return { TRACEPARENT: `00-${traceId}-${spanId}-${flags}` };
}
