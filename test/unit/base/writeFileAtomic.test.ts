import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { errorCode } from '../../../src/base/errors';
import { writeFileAtomic } from '../../../src/base/writeFileAtomic';

const codeOf = (action: Promise<void>): Promise<string | undefined> =>
  action.then(
    () => undefined,
    (error: unknown) => errorCode(error),
  );

describe('writeFileAtomic', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'atomic-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);

  it('makes a file and replaces it, with the mode that is asked for whatever the umask says', async () => {
    const umask = process.umask(0o077);
    try {
      for (const mode of [0o644, 0o600]) {
        await writeFileAtomic(at('file'), `text ${mode}`, mode);
        expect(readFileSync(at('file'), 'utf8')).to.equal(`text ${mode}`);
        expect(statSync(at('file')).mode & 0o777).to.equal(mode);
      }
    } finally {
      process.umask(umask);
    }
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });

  it('a reader sees one text or the other, and never a part', async () => {
    const [one, two] = ['a'.repeat(200_000), 'b'.repeat(200_000)];
    await writeFileAtomic(at('file'), one, 0o600);
    let done = false;
    const writing = (async () => {
      for (let count = 0; count < 10; count += 1)
        await writeFileAtomic(at('file'), count % 2 ? one : two, 0o600);
      done = true;
    })();
    while (!done) {
      expect([one, two].includes(readFileSync(at('file'), 'utf8'))).to.equal(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
  });

  it('many writers at once leave one whole text, and nothing beside it', async () => {
    const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(1000));
    await Promise.all(texts.map((text) => writeFileAtomic(at('file'), text, 0o600)));
    expect(texts).to.include(readFileSync(at('file'), 'utf8'));
    expect(readdirSync(folder)).to.deep.equal(['file']);
  });

  it('a folder, a device or a link to one is not replaced; nothing is left of a failure', async () => {
    mkdirSync(at('folder'));
    symlinkSync('/dev/null', at('device'));
    for (const name of ['folder', 'device'])
      expect(await codeOf(writeFileAtomic(at(name), 'x', 0o600))).to.equal('EISDIR');
    expect(await codeOf(writeFileAtomic(path.join(at('none'), 'file'), 'x', 0o600))).to.equal('ENOENT');
    writeFileSync(at('file'), 'old');
    expect(await codeOf(writeFileAtomic(path.join(at('file'), 'file'), 'x', 0o600))).to.equal('ENOTDIR');
    expect(readdirSync(folder).sort()).to.deep.equal(['device', 'file', 'folder']);
  });

  it('what a killed writer left is removed, once nobody can be at work on it any more', async () => {
    for (const name of ['.file.0123abcd', '.file.4567cdef', '.file.other', '.files.0123abcd'])
      writeFileSync(at(name), '');
    for (const name of ['.file.0123abcd', '.file.other', '.files.0123abcd']) utimesSync(at(name), 0, 0);
    await writeFileAtomic(at('file'), 'text', 0o600);
    expect(readdirSync(folder).sort()).to.deep.equal([
      '.file.4567cdef',
      '.file.other',
      '.files.0123abcd',
      'file',
    ]);
  });
});
