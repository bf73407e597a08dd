import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../../../src/engine/temporaryFolder';
import { keepEnvironment } from '../../environment';

describe('temporaryFolder', () => {
  let restore: () => void;
  let root: string;

  beforeEach(() => {
    restore = keepEnvironment();
    root = mkdtempSync(path.join(tmpdir(), 'temporary-folder-test-'));
    process.env['TMPDIR'] = root;
  });
  afterEach(() => {
    restore();
    rmSync(root, { recursive: true, force: true });
  });

  function left(name: string, hoursAgo: number): string {
    const folder = path.join(root, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'state.json'), '{}');
    const time = new Date(Date.now() - hoursAgo * 3_600_000);
    utimesSync(folder, time, time);
    return folder;
  }

  it('is private', async () => {
    expect(statSync(await temporaryFolder('preview')).mode & 0o777).to.equal(0o700);
  });

  it('removes what killed runs left, and nothing that a run may be using or that is not ours', async () => {
    const killed = [
      left('credential-rotation-preview-aaaaaa', 2),
      left('credential-rotation-plan-bbbbbb', 2),
    ];
    const kept = [left('credential-rotation-plan-cccccc', 0), left('somebody-elses', 2)];
    const link = path.join(root, 'credential-rotation-plan-dddddd');
    symlinkSync(left('target', 2), link);
    const made = await temporaryFolder('plan');
    expect(killed.filter((folder) => existsSync(folder))).to.deep.equal([]);
    expect([...kept, link, made].filter((folder) => !existsSync(folder))).to.deep.equal([]);
  });
});
