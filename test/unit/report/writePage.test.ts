import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { writePage } from '../../../src/report/html/write';

describe('writePage', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'page-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function refusal(file: string): Promise<Failure> {
    const error: unknown = await writePage(file, 'text').catch((reason: unknown) => reason);
    if (!(error instanceof Failure)) throw new Error('it was written');
    return error;
  }

  it('writes a new file, and over an old one, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'rotations.html');
    await writePage(file, 'one');
    writeFileSync(path.join(folder, 'other'), '');
    await writePage(file, 'two');
    expect(readFileSync(file, 'utf8')).to.equal('two');
    expect(statSync(file).mode & 0o022, 'nobody else may write').to.equal(0);
    expect(readdirSync(folder).sort()).to.deep.equal(['other', 'rotations.html']);
  });

  it('gives the file the mode that it is to keep', async () => {
    const file = path.join(folder, 'Pulumi.prod.yaml');
    await writePage(file, 'config:', 0o600);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('says in one sentence what is in the way', async () => {
    const missing = await refusal(path.join(folder, 'nowhere', 'page.html'));
    expect(missing.outcome).to.equal('configuration');
    expect(missing.message).to.match(/cannot be written: the folder .*nowhere is not there; make it/);
    mkdirSync(path.join(folder, 'page.html'));
    expect((await refusal(path.join(folder, 'page.html'))).message).to.match(/is not a regular file/);
    writeFileSync(path.join(folder, 'file'), '');
    expect((await refusal(path.join(folder, 'file', 'page.html'))).message).to.match(/is not a folder/);
    expect((await refusal(path.join(folder, 'x'.repeat(300)))).message).to.match(/too long/);
    expect(existsSync(path.join(folder, 'nowhere'))).to.equal(false);
    expect(readdirSync(folder).sort()).to.deep.equal(['file', 'page.html']);
  });

  it('says when there is no permission', async function () {
    if (process.getuid?.() === 0 && !existsSync('/proc/self/mem')) this.skip();
    // Even root may not make files there.
    expect((await refusal('/proc/self/page.html')).message).to.match(/cannot be written: /);
  });
});
