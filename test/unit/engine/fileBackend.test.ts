import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { mendFileBackend } from '../../../src/engine/fileBackend';

describe('mending a backend in a folder', () => {
  let root: string;
  const at = (...names: string[]): string => path.join(root, '.pulumi', ...names);
  const write = (text: string, ...names: string[]): string => {
    mkdirSync(path.dirname(at(...names)), { recursive: true });
    writeFileSync(at(...names), text);
    return at(...names);
  };
  const entry = (seconds: number, kind: string): string => `prod-${seconds}302459442.${kind}.json.attrs`;
  const newest = 1_795_470_235;
  const mend = (): Promise<void> => mendFileBackend(`file://${root}`);

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'file-backend-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('removes metadata that are cut off, of the state and of the newest entries of the history, and nothing else', async () => {
    const broken = [
      write('', 'stacks', 'project', 'prod.json.attrs'),
      write('{"user', 'meta.yaml.attrs'),
      write('{', 'history', 'project', 'prod', entry(newest, 'checkpoint')),
    ];
    const good = [
      write('{}', 'stacks', 'project', 'prod.json.bak.attrs'),
      write('', 'stacks', 'project', 'prod.json'),
      write('{}', 'history', 'project', 'prod', entry(newest, 'history')),
    ];
    for (let back = 1; back <= 100; back += 1)
      write('{}', 'history', 'project', 'prod', entry(newest - back, 'history'));
    await mend();
    expect(broken.filter(existsSync)).to.deep.equal([]);
    expect(good.filter((file) => !existsSync(file))).to.deep.equal([]);
  });

  it('does not read years of history for each rotation', async () => {
    const old = write('', 'history', 'project', 'prod', entry(1_000_000_000, 'history'));
    for (let each = 0; each < 100; each += 1)
      write('{}', 'history', 'project', 'prod', entry(newest + each, 'history'));
    await mend();
    expect(existsSync(old)).to.equal(true);
  });

  it('does nothing where there is no folder, or another backend', async () => {
    await mendFileBackend(`file://${path.join(root, 'none')}`);
    await mendFileBackend('s3://bucket');
  });
});
