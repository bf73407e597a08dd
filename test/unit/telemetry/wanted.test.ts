import { expect } from 'chai';
import { parentIn, secretsIn, wantedTraces } from '../../../src/telemetry/wanted';
import { statementKind } from '../../../src/mysql/sqlText';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

describe('traces', () => {
  for (const [what, environment, wanted] of [
    ['nothing', {}, undefined],
    ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, undefined],
    ['an endpoint', endpoint, { protocol: 'http/protobuf' }],
    [
      'one for traces alone',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/v1/traces' },
      { protocol: 'http/protobuf' },
    ],
    ['a switch', { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
    ['no exporter', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    ['a protocol', { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { protocol: 'grpc' }],
    [
      'one for traces alone, which wins',
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      { protocol: 'http/json' },
    ],
  ] as const)
    it(`are as ${what} says`, () => expect(wantedTraces({ ...environment })).to.deep.equal(wanted));

  it('are refused with a reason that holds no value', () => {
    for (const environment of [
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'secret-value' },
      { ...endpoint, OTEL_TRACES_EXPORTER: 'secret-value' },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'secret-value:4318' },
    ]) {
      const wanted = wantedTraces(environment);
      expect(wanted).to.have.property('problem').that.does.not.include('secret-value');
    }
  });

  it('have the values of headers as secrets, as they stand and decoded', () => {
    const secrets = secretsIn({
      OTEL_EXPORTER_OTLP_HEADERS: 'a=Bearer%20x1y2z3,b=other',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: '',
    });
    expect(secrets).to.include.members(['Bearer%20x1y2z3', 'Bearer x1y2z3', 'other']);
  });

  it('go on where TRACEPARENT says, if it is one', () => {
    expect(parentIn({ TRACEPARENT: `00-${trace}-${span}-01` })).to.deep.equal({
      traceId: trace,
      spanId: span,
      traceFlags: 1,
    });
    // A later version may have more (w3.org/TR/trace-context, 3.2.4).
    expect(parentIn({ TRACEPARENT: `01-${trace}-${span}-00-more` })?.traceFlags).to.equal(0);
    for (const wrong of [
      '',
      'x',
      `ff-${trace}-${span}-01`,
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace.toUpperCase()}-${span}-01`,
    ])
      expect(parentIn({ TRACEPARENT: wrong }), wrong).to.equal(undefined);
  });

  it('have the kind of a statement, and nothing of what it says', () => {
    for (const [sql, kind] of [
      ["ALTER USER `a`@`%` IDENTIFIED BY 'x'", 'ALTER USER'],
      ['create  user IF NOT EXISTS x', 'CREATE USER'],
      ['SHOW GRANTS FOR x', 'SHOW GRANTS'],
      ["SELECT 'secret'", 'SELECT'],
      ["SET PASSWORD FOR 'a' = 'x'", 'SET'],
      ['GRANT ALL ON `x`.* TO y', 'GRANT'],
      ["'secret'", 'STATEMENT'],
    ] as const)
      expect(statementKind(sql)).to.equal(kind);
  });
});
