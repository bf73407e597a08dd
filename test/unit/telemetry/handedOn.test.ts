import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { TraceFacts, Tracing } from '../../../src/base/trace';
import { traced, traceTo, traceVariables } from '../../../src/base/trace';
import { effect } from '../../../src/base/effect';
import { runEngine } from '../../../src/engine/process';

const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: '01' };

/** Notes the names of spans. */
class Noted implements Tracing {
  readonly names: string[] = [];

  within<T>(name: string, _facts: TraceFacts, action: () => Promise<T>): Promise<T> {
    this.names.push(name);
    return action();
  }

  begins(name: string): (failed: boolean) => void {
    this.names.push(name);
    return (failed) => void this.names.push(`end of ${name}${failed ? ', failed' : ''}`);
  }

  stepBegins(): void {
    this.names.push('step');
  }

  stepEnds(): void {
    this.names.push('end of step');
  }

  note(): void {
    this.names.push('note');
  }

  ids(): typeof ids {
    return ids;
  }
}

describe('what is traced', () => {
  let folder = '';
  let engine = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'engine-'));
    engine = path.join(folder, 'pulumi');
    writeFileSync(engine, '#!/bin/sh\nenv\n');
    chmodSync(engine, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    traceTo(undefined);
    delete process.env['OTEL_EXPORTER_OTLP_HEADERS'];
  });

  it('is handed to the engine as TRACEPARENT, and no token of the collector is', async () => {
    const noted = new Noted();
    traceTo(noted);
    process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=token-of-the-collector';
    const { stdout } = await runEngine(engine, ['config', 'set', 'a-key', 'a-value'], folder, {});
    expect(stdout).to.include(`TRACEPARENT=00-${ids.traceId}-${ids.spanId}-01`);
    expect(stdout).not.to.include('token-of-the-collector');
    expect(noted.names).to.deep.equal(['engine config set']);
  });

  it('is each write by its name, and what was thrown is thrown on', async () => {
    const noted = new Noted();
    traceTo(noted);
    const failing = effect('file: rename', () => Promise.reject(new Error('no')));
    expect(await failing.catch((error: unknown) => error))
      .to.be.an('error')
      .with.property('message', 'no');
    expect(noted.names).to.deep.equal(['file: rename']);
  });

  it('is nothing when nobody asked for it', async () => {
    expect(await traced('a', {}, () => Promise.resolve(1))).to.equal(1);
    expect(traceVariables()).to.deep.equal({});
    const { stdout } = await runEngine(engine, ['up'], folder, {});
    expect(stdout).not.to.include('TRACEPARENT=');
  });
});
