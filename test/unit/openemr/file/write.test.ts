import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readFile,
  rename,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkWritable, readSqlconf, writeSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import { needs } from '../../needs';
import { asUser } from './asUser';
import { content, isRoot, makeSandbox, refusal } from './sandbox';
import type { Sandbox } from './sandbox';

const next = Buffer.from("<?php $pass = 'canary-new';\n");

describe('writeSqlconf', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
  });
  afterEach(() => sandbox.remove());

  it('replaces the content and keeps the mode', async () => {
    for (const mode of [0o644, 0o400, 0o640]) {
      await chmod(sandbox.file, mode);
      const before = await readSqlconf(sandbox.root);
      const bytes = Buffer.concat([next, Buffer.from(mode.toString(8))]);
      const after = await writeSqlconf(before, bytes);
      expect(await readFile(sandbox.file)).to.deep.equal(bytes);
      expect(after).to.deep.equal(await readSqlconf(sandbox.root));
      expect(after).to.include({ mode, uid: before.uid, gid: before.gid });
      expect(after.inode).to.not.equal(before.inode);
    }
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });

  it('takes another mode when asked', async () => {
    expect(await writeSqlconf(await readSqlconf(sandbox.root), next, { mode: 0o440 })).to.include({
      mode: 0o440,
    });
  });

  it('keeps the owner', async function () {
    if (!isRoot) this.skip();
    await chown(sandbox.file, 33, 33);
    await chmod(sandbox.file, 0o600);
    expect(await writeSqlconf(await readSqlconf(sandbox.root), next)).to.include({
      uid: 33,
      gid: 33,
      mode: 0o600,
    });
  });

  it('refuses when somebody edited the file in between, in place or by a new one', async () => {
    const before = await readSqlconf(sandbox.root);
    await writeFile(sandbox.file, `${content}// edited`);
    await refusal(writeSqlconf(before, next), 'changed');
    await writeFile(path.join(sandbox.folder, 'new'), content);
    await rename(path.join(sandbox.folder, 'new'), sandbox.file);
    const error = await refusal(writeSqlconf(before, next), 'changed');
    expect(error.outcome).to.equal('before-switch');
    expect(await readFile(sandbox.file, 'utf8')).to.equal(content);
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });

  it('refuses when the file became a link, or is gone', async () => {
    const before = await readSqlconf(sandbox.root);
    await link(sandbox.file, path.join(sandbox.folder, 'other'));
    await refusal(writeSqlconf(before, next), 'hard-link');
    await unlink(sandbox.file);
    await refusal(writeSqlconf(before, next), 'missing');
    await symlink('other', sandbox.file);
    await refusal(writeSqlconf(before, next), 'symlink');
    expect(await readFile(path.join(sandbox.folder, 'other'), 'utf8')).to.equal(content);
    expect(await sandbox.names()).to.deep.equal(['other', 'sqlconf.php']);
  });

  it('removes what killed runs left, and nothing else', async () => {
    const foreign = [
      '.sqlconf.bak.php',
      '.sqlconf.0123456789abcdef.php.old',
      'sqlconf.php~',
      '.sqlconf.php.bak',
    ];
    // The second is the Python tool's.
    for (const name of [...foreign, '.sqlconf.0123456789abcdef.php', '.sqlconf.php.k3_x9ab2'])
      await writeFile(path.join(sandbox.folder, name), 'x');
    await mkdir(path.join(sandbox.folder, '.sqlconf.fedcba9876543210.php'));
    await writeSqlconf(await readSqlconf(sandbox.root), next);
    expect(await sandbox.names()).to.have.members([
      ...foreign,
      '.sqlconf.fedcba9876543210.php',
      'sqlconf.php',
    ]);
  });

  it('leaves the old file when it is killed before the rename, and cleans up in the next run', async () => {
    const before = await readSqlconf(sandbox.root);
    await killBetween(sandbox.root);
    const names = await sandbox.names();
    expect(names).to.have.length(2);
    const [leftover = ''] = names;
    expect(leftover).to.match(/^\.sqlconf\.[0-9a-f]{16}\.php$/);
    expect((await lstat(path.join(sandbox.folder, leftover))).mode & 0o777).to.equal(0o644);
    expect(await readSqlconf(sandbox.root)).to.deep.equal(before);
    await writeSqlconf(before, next);
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
    expect(await readFile(sandbox.file)).to.deep.equal(next);
  });

  it('never shows half a file to a reader', async function () {
    this.timeout(60_000);
    const texts = ['a', 'b'].map((letter) => Buffer.from(`<?php // ${letter.repeat(100_000)}`));
    await writeFile(sandbox.file, texts[0] ?? '');
    const reader = spawn(process.execPath, ['-e', readerScript, sandbox.file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(reader.stdout, 'data');
    for (let round = 0; round < 100; round += 1) {
      await writeSqlconf(await readSqlconf(sandbox.root), texts[round % 2] ?? next);
    }
    reader.stdin.end();
    const [answer] = (await once(reader.stdout, 'data')) as [Buffer];
    const { reads, bad } = JSON.parse(answer.toString()) as { reads: number; bad: number };
    expect(bad).to.equal(0);
    expect(reads).to.be.greaterThan(50);
  });

  describe('without the rights', () => {
    needs('root');
    beforeEach(async () => {
      await chmod(sandbox.root, 0o755);
    });
    const write = (groups?: number[]): Promise<unknown> =>
      asUser(
        sandbox.root,
        "writeSqlconf(await readSqlconf(root), Buffer.from('x')).then(({ uid, gid, mode }) => ({ uid, gid, mode }))",
        groups,
      );
    const check = (groups?: number[]): Promise<unknown> =>
      asUser(
        sandbox.root,
        'checkWritable(await readSqlconf(root)).then((problem) => problem?.message ?? null)',
        groups,
      );
    const intact = async (): Promise<void> => {
      expect(await readFile(sandbox.file, 'utf8')).to.equal(content);
      expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
    };

    it('refuses a folder that it may not write to, and knows that before', async () => {
      expect(await write()).to.deep.include({ kind: 'permission', outcome: 'permission' });
      expect(await check())
        .to.have.property('value')
        .that.includes('permission');
      await intact();
    });

    it('tolerates another owner when everybody may read', async () => {
      await chmod(sandbox.folder, 0o777);
      expect(await check()).to.deep.equal({ value: null });
      expect(await write()).to.deep.equal({ value: { uid: 65534, gid: 65534, mode: 0o644 } });
    });

    it('refuses another owner when the old one could no longer read, and knows that before', async () => {
      await chmod(sandbox.folder, 0o777);
      await chown(sandbox.file, 33, 33);
      await chmod(sandbox.file, 0o640);
      expect(await check([65534, 33]))
        .to.have.property('value')
        .that.includes('user 33');
      expect(await write([65534, 33])).to.deep.include({ kind: 'owner' });
      await intact();
    });

    it('keeps a group that it belongs to', async () => {
      await chown(sandbox.file, 65534, 33);
      await chown(sandbox.folder, 65534, 33);
      await chmod(sandbox.file, 0o640);
      expect(await check([65534, 33])).to.deep.equal({ value: null });
      expect(await write([65534, 33])).to.deep.equal({ value: { uid: 65534, gid: 33, mode: 0o640 } });
    });

    it('knows of a sticky folder before', async () => {
      await chmod(sandbox.folder, 0o1777);
      expect(await check())
        .to.have.property('value')
        .that.includes('sticky');
      expect(await write()).to.deep.include({ kind: 'permission' });
      await intact();
    });
  });

  describe('on a file system of its own', () => {
    let mounted: string | undefined;
    const mount = (target: string, ...options: string[]): void => {
      execFileSync('mount', [...options, target], { stdio: 'pipe' });
      mounted = target;
    };
    before(async function () {
      // Mounting needs root and a right that containers often lack.
      const trial = await makeSandbox();
      try {
        mount(trial.folder, '-t', 'tmpfs', 'none');
        execFileSync('umount', [trial.folder]);
      } catch {
        this.test?.parent?.tests.forEach((test) => (test.title += ' (skipped: this process may not mount)'));
        this.skip();
      } finally {
        mounted = undefined;
        await trial.remove();
      }
    });
    afterEach(() => {
      if (mounted !== undefined) execFileSync('umount', [mounted]);
      mounted = undefined;
    });
    const fill = async (): Promise<void> => {
      await writeFile(sandbox.file, content);
      await writeFile(path.join(sandbox.folder, 'fill'), Buffer.alloc(16_384)).catch(() => undefined);
    };

    it('leaves the old file when the file system is full, and knows that before', async () => {
      mount(sandbox.folder, '-t', 'tmpfs', '-o', 'size=16k', 'none');
      await fill();
      const before = await readSqlconf(sandbox.root);
      const problem = await checkWritable(before);
      expect(problem?.message).to.include('full');
      expect(problem?.outcome).to.equal('configuration');
      await refusal(writeSqlconf(before, Buffer.alloc(9000, 'x')), 'full');
      expect(await readSqlconf(sandbox.root)).to.deep.equal(before);
      expect(await sandbox.names()).to.deep.equal(['fill', 'sqlconf.php']);
    });

    it('refuses a read-only file system, and knows that before', async () => {
      mount(sandbox.folder, '-t', 'tmpfs', 'none');
      await writeFile(sandbox.file, content);
      execFileSync('mount', ['-o', 'remount,ro', sandbox.folder]);
      const before = await readSqlconf(sandbox.root);
      const problem = await checkWritable(before);
      expect(problem?.message).to.include('read-only');
      expect(problem?.outcome).to.equal('permission');
      await refusal(writeSqlconf(before, next), 'read-only');
      expect(await readSqlconf(sandbox.root)).to.deep.equal(before);
    });

    it('refuses a file that is mounted alone, and knows that before', async () => {
      const source = path.join(sandbox.root, 'source.php');
      await writeFile(source, content);
      mount(sandbox.file, '--bind', source);
      const before = await readSqlconf(sandbox.root);
      const problem = await checkWritable(before);
      expect(problem?.message).to.include('mount');
      expect(problem?.outcome).to.equal('configuration');
      await refusal(writeSqlconf(before, next), 'io');
      expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
    });
  });

  it('finds nothing against an ordinary file', async () => {
    expect(await checkWritable(await readSqlconf(sandbox.root))).to.equal(undefined);
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });
});

const fileModule = path.join(__dirname, '../../../../src/openemr/file/sqlconfFile.js');
const effectModule = path.join(__dirname, '../../../../src/base/effect.js');

/** Runs a write in a process that is killed the way an out-of-memory killer does, just before the rename. */
async function killBetween(root: string): Promise<void> {
  const script = `
    const effects = require(${JSON.stringify(effectModule)});
    Object.defineProperty(effects, 'effect', { value: (name, action) =>
      name === 'file: rename' ? process.kill(process.pid, 'SIGKILL') : action() });
    const { readSqlconf, writeSqlconf } = require(${JSON.stringify(fileModule)});
    readSqlconf(${JSON.stringify(root)}).then((before) => writeSqlconf(before, Buffer.from('<?php // half')));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).to.equal('SIGKILL');
  await sleep(0);
}

/** Reads a file in a tight loop until its standard input ends, then reports. */
const readerScript = `
  const { readFileSync } = require('node:fs');
  let reads = 0, bad = 0, going = true;
  process.stdin.on('end', () => { going = false; }).resume();
  const turn = () => {
    for (let i = 0; i < 20; i += 1) {
      const text = readFileSync(process.argv[1], 'latin1');
      reads += 1;
      if (!/^<\\?php \\/\\/ (a{100000}|b{100000})$/.test(text)) bad += 1;
    }
    if (going) setImmediate(turn); else console.log(JSON.stringify({ reads, bad }));
  };
  console.log('ready'); setImmediate(turn);`;
