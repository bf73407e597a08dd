import { expect } from 'chai';
import { chmod, lstat, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fixPermissions, readSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import { content, makeSandbox, refusal } from './sandbox';
import type { Sandbox } from './sandbox';

describe('fixPermissions', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
    await chmod(sandbox.file, 0o666);
  });
  afterEach(() => sandbox.remove());
  const modeOf = async (file: string): Promise<number> => (await lstat(file)).mode & 0o7777;

  it('sets 0644 unless another mode is given, and nothing beside the file', async () => {
    const other = path.join(sandbox.folder, 'config.php');
    await writeFile(other, '');
    await chmod(other, 0o666);
    await chmod(sandbox.folder, 0o777);
    const file = await readSqlconf(sandbox.root);
    expect(await fixPermissions(file)).to.deep.equal({ before: 0o666, after: 0o644 });
    expect(await fixPermissions(file, 0o440)).to.deep.equal({ before: 0o644, after: 0o440 });
    expect(await fixPermissions(file, 0o440)).to.deep.equal({ before: 0o440, after: 0o440 });
    expect(await modeOf(sandbox.file)).to.equal(0o440);
    expect(await modeOf(other)).to.equal(0o666);
    expect(await modeOf(sandbox.folder)).to.equal(0o777);
  });

  it('refuses modes that let others write, anybody run, or the owner not read', async () => {
    const file = await readSqlconf(sandbox.root);
    for (const mode of [0o664, 0o646, 0o666, 0o755, 0o1644, 0o4644, 0o044, 0]) {
      await refusal(fixPermissions(file, mode), 'mode');
    }
    expect(await modeOf(sandbox.file)).to.equal(0o666);
  });

  it('refuses a file that was replaced in between', async () => {
    const file = await readSqlconf(sandbox.root);
    await writeFile(path.join(sandbox.folder, 'new'), content, { mode: 0o666 });
    await rename(path.join(sandbox.folder, 'new'), sandbox.file);
    await refusal(fixPermissions(file), 'changed');
    await unlink(sandbox.file);
    await refusal(fixPermissions(file), 'missing');
  });
});
