import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { engineMissing, runEngine } from '../../../src/engine/process';

describe('there is no engine', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'engine-missing-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** What it says when this program, or none, is in the engine's place. */
  async function said(name: string, script?: string, mode = 0o755): Promise<string> {
    const file = path.join(folder, name);
    if (script !== undefined) {
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, mode);
    }
    const error: unknown = await runEngine(file, ['version'], folder, {}).catch((thrown: unknown) => thrown);
    const { code, message } = engineMissing(file, error);
    expect(code).to.equal('engine-missing');
    expect(message).to.match(
      /^The pulumi CLI [^\n]*; install it, or set CREDENTIAL_ROTATION_ENGINE_ROOT [^\n]*\.$/,
    );
    expect(message).to.not.match(/ at |EngineError/);
    return message;
  }

  it('says where it was looked for', async () =>
    expect(await said('none')).to.include(`is not found (${path.join(folder, 'none')})`));

  it('says how it ended, where it is none', async () => {
    expect(await said('fails', 'exit 3')).to.include('fails: exit code 3)');
    expect(await said('ends', 'kill -9 $$')).to.include('ends: ended by a signal)');
    expect(await said('text', 'exit 0', 0o644)).to.include('text: EACCES)');
  });
});
