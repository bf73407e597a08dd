import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { checkWritable, readSqlconf, writeSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import type { SqlconfFile } from '../../../../src/openemr/file/read';
import { content, makeSandbox, refusal } from './sandbox';
import type { Sandbox } from './sandbox';
import { needs } from '../../needs';

/** An ACL as the kernel stores it (linux/posix_acl_xattr.h): user 1234 and the mask may read beside the owner. */
const acl = [
  '02000000',
  ...['01000600ffffffff', '02000400d2040000', '04000000ffffffff', '10000400ffffffff', '20000000ffffffff'],
].join('');

/** Python has the system's calls for attributes, which Node.js has not. */
function python(script: string, ...args: string[]): string {
  return execFileSync('python3', ['-c', `import os, sys\n${script}`, ...args], { encoding: 'utf8' }).trim();
}

function set(file: string, name: string, hex: string): void {
  python('os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))', file, name, hex);
}

/** The attributes of a file, without those that the system gives by itself. */
function attributesOf(file: string): string {
  return python(
    `for n in sorted(os.listxattr(sys.argv[1])):
  if not n.startswith('security.'): print(n, os.getxattr(sys.argv[1], n).hex())`,
    file,
  );
}

describe('ACL and extended attributes of sqlconf.php', () => {
  needs('python3');
  let sandbox: Sandbox;
  const searchPath = process.env['PATH'];

  beforeEach(async function () {
    sandbox = await makeSandbox();
    await chmod(sandbox.file, 0o600);
    try {
      set(sandbox.file, 'system.posix_acl_access', acl);
    } catch {
      // A file system without ACLs, as EFS.
      this.skip();
    }
  });
  afterEach(async () => {
    process.env['PATH'] = searchPath;
    await sandbox.remove();
  });

  const read = (): Promise<SqlconfFile> => readSqlconf(sandbox.root);
  const changed = Buffer.from(content.replace('canary', 'other'));

  /** Puts commands of these texts in the place of the system's own. */
  async function replaceTools(tools: Record<string, string>): Promise<void> {
    const folder = path.join(sandbox.root, 'tools');
    await mkdir(folder);
    for (const [name, text] of Object.entries(tools))
      await writeFile(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${searchPath}`;
  }

  it('come over to the new version', async () => {
    set(sandbox.file, 'user.note', '6869');
    const before = attributesOf(sandbox.file);
    expect(before).to.include('posix_acl_access').and.to.include('user.note');
    const file = await read();
    expect(await checkWritable(file)).to.equal(undefined);
    const after = await writeSqlconf(file, changed);
    expect(attributesOf(sandbox.file)).to.equal(before);
    expect(after.mode).to.equal(file.mode);
    expect(after.inode).to.not.equal(file.inode);
    expect(await readFile(sandbox.file)).to.deep.equal(changed);
  });

  it('are not given by a default ACL of the folder, which would let more people read the passwords', async () => {
    python('os.removexattr(sys.argv[1], "system.posix_acl_access")', sandbox.file);
    await chmod(sandbox.file, 0o640);
    set(sandbox.folder, 'system.posix_acl_default', acl);
    await writeSqlconf(await read(), changed);
    expect(attributesOf(sandbox.file)).to.equal('');
  });

  it('that cannot be carried over are refused, before by the check and at last by the write, which changes nothing', async () => {
    const before = attributesOf(sandbox.file);
    await replaceTools({ cp: 'exit 1' });
    const file = await read();
    const problem = await checkWritable(file);
    expect(problem?.outcome).to.equal('configuration');
    expect(problem?.message).to.match(/^\S+ has an ACL, .*; install GNU coreutils .*setfacl -b\)\.$/);
    const refused = await refusal(writeSqlconf(file, changed), 'owner');
    expect(refused.message).to.match(/^The ACL of \S+ cannot be put on its new version, .*left as it is/);
    expect(await readFile(sandbox.file, 'utf8')).to.equal(content);
    expect(attributesOf(sandbox.file)).to.equal(before);
    expect(await readdir(sandbox.folder)).to.deep.equal(['sqlconf.php']);
  });

  it('a cp that says it is done, and is not, is found out', async () => {
    await replaceTools({ cp: 'exit 0' });
    await refusal(writeSqlconf(await read(), changed), 'owner');
  });

  it('where nothing shows an ACL, the file is written as before', async () => {
    await replaceTools({ ls: 'exit 1', cp: 'exit 1' });
    const file = await read();
    expect(await checkWritable(file)).to.equal(undefined);
    await writeSqlconf(file, changed);
    expect(await readFile(sandbox.file)).to.deep.equal(changed);
  });

  it('the tools get no variable of this process but the search path', async () => {
    process.env['CANARY_SECRET'] = 'wombat';
    const seen = path.join(sandbox.root, 'seen');
    await replaceTools({ ls: `env > ${seen}` });
    await checkWritable(await read());
    delete process.env['CANARY_SECRET'];
    expect(await readFile(seen, 'utf8'))
      .to.include('PATH=')
      .and.not.include('wombat');
  });
});
