import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { readingAt, readingPlace } from '../../../src/engine/readingPlace';

describe('the place of a command that only looks', () => {
  let root: string;
  const location = (): Parameters<typeof readingPlace>[0] => ({
    stack: 'prod',
    home: path.join(root, 'home'),
    backendUrl: `file://${path.join(root, 'state')}`,
    secretsProvider: 'passphrase',
  });
  const stacks = (): string => path.join(root, 'state', '.pulumi', 'stacks');

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'reading-'));
    mkdirSync(stacks(), { recursive: true });
    writeFileSync(path.join(stacks(), 'prod.json'), '{"state":1}');
    writeFileSync(path.join(stacks(), 'prod.json.bak.attrs'), '{}');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is the backend itself with another home where nothing is broken', async () => {
    const place = await readingPlace(location());
    expect(place.location.backendUrl).to.equal(location().backendUrl);
    expect(place.location.home).not.to.equal(location().home);
    await place.release();
    expect(existsSync(place.location.home)).to.equal(false);
    expect(existsSync(location().home)).to.equal(false);
  });

  it('is a copy without what is cut off; the backend stays as it is, and an error names the backend', async () => {
    writeFileSync(path.join(stacks(), 'prod.json.attrs'), '{"cut');
    const failed = await readingAt(location(), async (at) => {
      const copy = path.join(at.backendUrl.slice('file://'.length), '.pulumi', 'stacks');
      expect(readdirSync(copy).sort()).to.deep.equal(['prod.json', 'prod.json.bak.attrs']);
      expect(readFileSync(path.join(copy, 'prod.json'), 'utf8')).to.equal('{"state":1}');
      writeFileSync(path.join(copy, 'prod.json.bak.attrs'), 'written in place');
      throw new Failure('setting-invalid', `The state in ${at.backendUrl} is damaged.`);
    }).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Failure);
    expect((failed as Failure).message).to.equal(`The state in ${location().backendUrl} is damaged.`);
    expect(readFileSync(path.join(stacks(), 'prod.json.attrs'), 'utf8')).to.equal('{"cut');
    expect(readFileSync(path.join(stacks(), 'prod.json.bak.attrs'), 'utf8')).to.equal('{}');
  });
});
