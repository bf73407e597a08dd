import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { loadFolder, parseLoad, readLoads } from '../../../src/engine/loadFiles';

const load = { requests: 500, failed: 1, failures: [{ at: '2026-01-05T02:00:00.000Z', kind: 'timeout' }] };

describe('load files', () => {
  it('are read for the rotations that are shown, and for no other', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'load-'));
    try {
      mkdirSync(path.join(home, loadFolder));
      for (const id of ['one', 'two'])
        writeFileSync(path.join(home, loadFolder, `${id}.json`), JSON.stringify(load));
      writeFileSync(path.join(home, loadFolder, 'three.json'), '{');
      const found = await readLoads(home, new Set(['one', 'three', 'four', '../one']));
      expect([...found]).to.deep.equal([['one', load]]);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('are not needed', async () => {
    expect((await readLoads('/nowhere', new Set(['one']))).size).to.equal(0);
  });

  it('of another shape count nothing', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{"requests":1}',
      '{"requests":-1,"failed":0}',
      '{"requests":"1","failed":0}',
    ])
      expect(parseLoad(text), text).to.equal(undefined);
    const odd = { requests: 1, failed: 1, failures: [null, { at: 'never', kind: 'x' }, { at: 1 }] };
    expect(parseLoad(JSON.stringify(odd))).to.deep.equal({ requests: 1, failed: 1, failures: [] });
  });
});
