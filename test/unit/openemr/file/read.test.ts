import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { readSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import { asUser } from './asUser';
import { content, isRoot, makeSandbox, refusal } from './sandbox';
import type { Sandbox } from './sandbox';

describe('readSqlconf', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
  });
  afterEach(() => sandbox.remove());
  const read = (): Promise<unknown> => readSqlconf(sandbox.root);

  it('gives the bytes, the mode and the owner', async () => {
    await chmod(sandbox.file, 0o640);
    const file = await readSqlconf(sandbox.root);
    expect(file.bytes.toString()).to.equal(content);
    expect(file).to.include({
      path: sandbox.file,
      mode: 0o640,
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
    });
    expect(file.sha256).to.match(/^[0-9a-f]{64}$/);
  });

  it('follows a symbolic link of the root, and of the site inside the root', async () => {
    await rename(sandbox.folder, path.join(sandbox.root, 'real'));
    await symlink('real', sandbox.folder);
    expect(await readSqlconf(sandbox.root)).to.include({
      path: path.join(sandbox.root, 'real', 'sqlconf.php'),
    });
    const alias = `${sandbox.root}-alias`;
    await symlink(sandbox.root, alias);
    expect(await readSqlconf(alias)).to.include({ path: path.join(sandbox.root, 'real', 'sqlconf.php') });
    await unlink(alias);
  });

  it('refuses a missing file', async () => {
    await unlink(sandbox.file);
    expect((await refusal(read(), 'missing')).message).to.include(sandbox.file);
  });

  it('refuses a volume that is not mounted: no root, or an empty one', async () => {
    await rm(sandbox.folder, { recursive: true });
    expect((await refusal(read(), 'missing')).message).to.include('mounted');
    await rm(sandbox.root, { recursive: true });
    expect((await refusal(read(), 'missing-root')).message).to.include('mounted');
  });

  it('refuses a root or a site that is a file', async () => {
    await refusal(readSqlconf(sandbox.file), 'not-a-file');
    await rm(sandbox.folder, { recursive: true });
    await writeFile(sandbox.folder, '');
    await refusal(read(), 'not-a-file');
  });

  it('refuses names of sites that are paths', async () => {
    for (const site of ['..', '.', '', 'a/b', '../default', 'a\0b'])
      await refusal(readSqlconf(sandbox.root, site), 'site-name');
  });

  it('refuses a folder', async () => {
    await unlink(sandbox.file);
    await mkdir(sandbox.file);
    await refusal(read(), 'not-a-file');
  });

  it('refuses a FIFO and does not wait for it', async () => {
    await unlink(sandbox.file);
    execFileSync('mkfifo', [sandbox.file]);
    await refusal(read(), 'not-a-file');
  });

  it('refuses a socket', async () => {
    await unlink(sandbox.file);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(sandbox.file, resolve));
    await refusal(read(), 'not-a-file');
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a symbolic link', async () => {
    await rename(sandbox.file, path.join(sandbox.folder, 'real.php'));
    await symlink('real.php', sandbox.file);
    await refusal(read(), 'symlink');
  });

  it('refuses a hard link', async () => {
    await link(sandbox.file, path.join(sandbox.folder, 'other.php'));
    await refusal(read(), 'hard-link');
  });

  it('refuses a site that is a symbolic link out of the root', async () => {
    const elsewhere = await mkdtemp(path.join(os.tmpdir(), 'sqlconf-elsewhere-'));
    await rename(sandbox.file, path.join(elsewhere, 'sqlconf.php'));
    await rm(sandbox.folder, { recursive: true });
    await symlink(elsewhere, sandbox.folder);
    await refusal(read(), 'outside');
    await rm(elsewhere, { recursive: true });
  });

  it('refuses a file larger than 1 MiB', async () => {
    await writeFile(sandbox.file, Buffer.alloc(1024 * 1024));
    await readSqlconf(sandbox.root);
    await writeFile(sandbox.file, Buffer.alloc(1024 * 1024 + 1));
    await refusal(read(), 'too-large');
  });

  it('refuses a file it may not read', async function () {
    await chmod(sandbox.file, 0o000);
    if (!isRoot) return void (await refusal(read(), 'permission'));
    await chmod(sandbox.root, 0o755);
    const answer = await asUser(sandbox.root, 'readSqlconf(root)');
    expect(answer).to.deep.include({ kind: 'permission', outcome: 'permission' });
  });
});
