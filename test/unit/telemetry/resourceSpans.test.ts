import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { EngineEvent } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { traceTo } from '../../../src/base/trace';
import { ResourceSpans } from '../../../src/engine/resourceSpans';
import { Spans } from '../../../src/telemetry/spans';
import { recording } from '../engine/recordings';

const password = 'a-password-of-the-test';
const urnOf = (type: string, name: string): string => `urn:pulumi:prod::openemr::${type}::${name}`;

/** What the engine says of a resource, with values beside the type and the name. */
function metadata(type: string, name: string, op: string): object {
  const state = { type, urn: urnOf(type, name), inputs: { secretString: password }, outputs: { password } };
  return {
    urn: urnOf(type, name),
    type,
    op,
    old: state,
    new: state,
    provider: '',
    detailedDiff: { [password]: {} },
  };
}

const event = (
  kind: 'resourcePreEvent' | 'resOutputsEvent' | 'resOpFailedEvent',
  [type, name, op = 'create']: readonly [string, string, string?],
): EngineEvent => ({ sequence: 1, timestamp: 1, [kind]: { metadata: metadata(type, name, op) } });

const version = ['aws:secretsmanager/secretVersion:SecretVersion', 'secret-20260105-020000-100060'] as const;
const patch = ['kubernetes:core/v1:SecretPatch', 'kubernetes-secret-20260105-020000-100060'] as const;

describe('the spans of what the plugins do', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let spans: Spans;
  let resources: ResourceSpans;

  beforeEach(() => {
    exporter.reset();
    spans = new Spans(provider.getTracer('test'), 'run', undefined);
    traceTo(spans);
    resources = new ResourceSpans();
  });
  afterEach(() => traceTo(undefined));

  /** Name, parent's name, status and facts of each span but the steps and the run. */
  function found(): [string, string | undefined, number, object][] {
    const all = exporter.getFinishedSpans();
    const nameOf = new Map(all.map((span) => [span.spanContext().spanId, span.name]));
    return all
      .filter(({ name }) => name.startsWith('resource '))
      .map(({ name, parentSpanContext, status, attributes }) => [
        ...([name, nameOf.get(parentSpanContext?.spanId ?? ''), status.code, { ...attributes }] as const),
      ]);
  }

  it('are below their step, by type, name and operation, and hold no value', () => {
    spans.stepBegins(4, 'Users');
    resources.take(event('resourcePreEvent', version));
    spans.stepBegins(6, 'Secret');
    // The answer comes when the next step has begun.
    resources.take(event('resOutputsEvent', version));
    resources.take(event('resourcePreEvent', [...patch, 'update']));
    resources.take(event('resOpFailedEvent', [...patch, 'update']));
    resources.end();
    spans.end(0);
    const facts = (name: string, op: string): object => ({
      'credential_rotation.resource': name,
      'credential_rotation.operation': op,
    });
    expect(found()).to.deep.equal([
      [`resource ${version[0]}`, 'step 4', 0, facts('secret', 'create')],
      [`resource ${patch[0]}`, 'step 6', 2, facts('kubernetes-secret', 'update')],
    ]);
    const said = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => [...[name, attributes, events, status]]);
    expect(JSON.stringify(said)).not.to.include(password);
  });

  it('of a rotation that a real engine told of: one for each resource that a step wrote, all ended well', () => {
    for (const each of recording('second')) resources.take(each);
    const count = found().length;
    resources.end();
    spans.end(0);
    const before = found();
    expect(before).to.have.length(count);
    expect(before.map(([, , status]) => status)).to.deep.equal(before.map(() => 0));
    const names = before.map(
      ([, , , facts]) => (facts as Record<string, string>)['credential_rotation.resource'],
    );
    expect(names).to.include.members(['sqlconf', 'user-a', 'flip']);
  });

  it('are none for what is not worked on, for the stack, and for what was begun already', () => {
    for (const op of ['same', 'delete', 'discard', 'replace', 'delete-replaced'])
      resources.take(event('resourcePreEvent', [version[0], version[1], op]));
    resources.take(event('resourcePreEvent', ['pulumi:pulumi:Stack', 'openemr-prod']));
    resources.take(event('resOutputsEvent', patch));
    resources.take(event('resourcePreEvent', version));
    resources.take(event('resourcePreEvent', version));
    resources.take(event('resOutputsEvent', version));
    spans.end(0);
    expect(found()).to.have.length(1);
  });

  it('that the engine never ended are failed, and below the run where no step is under way', () => {
    resources.take(event('resourcePreEvent', version));
    resources.end();
    resources.end();
    spans.end(12);
    expect(found().map(([, parent, status]) => [parent, status])).to.deep.equal([['run', 2]]);
  });

  it('are not made where nobody asked for a trace', () => {
    traceTo(undefined);
    resources.take(event('resourcePreEvent', version));
    resources.end();
    spans.end(0);
    expect(found()).to.deep.equal([]);
  });
});
