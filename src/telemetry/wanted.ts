/** How traces go out. */
export type Protocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Whether traces were asked for. */
export type Wanted = { protocol: Protocol } | { problem: string };

const prefix = 'OTEL_EXPORTER_OTLP_';

/**
 * May hold a token of the collector: the engine and its plugins do not get them, and they are never shown
 * (opentelemetry.io/docs/specs/otel/protocol/exporter).
 */
export const secretVariables = [`${prefix}HEADERS`, `${prefix}TRACES_HEADERS`];

/**
 * Reads whether, and how, traces are wanted: only where an endpoint is named, as there mostly is no collector beside
 * this command (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables).
 * @returns undefined when they are not
 */
export function wantedTraces(environment: NodeJS.ProcessEnv): Wanted | undefined {
  const read = (name: string): string => (environment[name] ?? '').trim();
  const endpoint = read(`${prefix}TRACES_ENDPOINT`) || read(`${prefix}ENDPOINT`);
  const exporter = read('OTEL_TRACES_EXPORTER').toLowerCase() || 'otlp';
  if (endpoint === '' || exporter === 'none') return undefined;
  if (read('OTEL_SDK_DISABLED').toLowerCase() === 'true') return undefined;
  if (exporter !== 'otlp') return { problem: 'OTEL_TRACES_EXPORTER is neither otlp nor none' };
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    return { problem: 'the OTLP endpoint is no http(s) URL' };
  const protocol = read(`${prefix}TRACES_PROTOCOL`) || read(`${prefix}PROTOCOL`) || 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json' || protocol === 'grpc') return { protocol };
  return { problem: 'OTEL_EXPORTER_OTLP_PROTOCOL is none of http/protobuf, http/json and grpc' };
}

/** The secrets in those variables: each value of `name=value,…`, as it stands and as it is sent. */
export function secretsIn(environment: NodeJS.ProcessEnv): string[] {
  return secretVariables.flatMap((name) =>
    (environment[name] ?? '').split(',').flatMap((pair) => {
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      return value === '' ? [] : [value, decoded(value)];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A span of another program that this run is part of. */
export interface Parent {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** Reads `TRACEPARENT` (w3.org/TR/trace-context); undefined for anything else. */
export function parentIn(environment: NodeJS.ProcessEnv): Parent | undefined {
  const found = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/.exec(
    environment['TRACEPARENT'] ?? '',
  );
  const [, traceId = '', spanId = '', flags = ''] = found ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & 1 };
}
