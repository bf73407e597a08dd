import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { runNode } from '../docs/shell';

describe('npm run lab', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'lab-options-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('refuses the folder of another lab in a sentence, and leaves it', () => {
    writeFileSync(path.join(folder, 'of-another'), '');
    const { status, stdout, stderr } = runNode('dist/lab/main.js', ['--folder', folder]);
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 1,
      stdout: '',
      stderr: `--folder ${folder}: is not empty; name a new one, or remove it\n`,
    });
  });
});
