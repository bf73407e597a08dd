import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, chown, lstat, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkWritable, cleanUp, readSqlconf, writeSqlconf } from '../../../../src/openemr/file/sqlconfFile';
import { asRootWith, asUser } from './asUser';
import { needs } from '../../needs';
import { content, makeSandbox } from './sandbox';
import type { Sandbox } from './sandbox';

const write =
  "writeSqlconf(await readSqlconf(root), Buffer.from('x')).then(({ uid, gid, mode }) => ({ uid, gid, mode }))";
const check = 'checkWritable(await readSqlconf(root)).then((problem) => problem?.message ?? null)';
/** Ends the process at the change of this name, after it. */
const killedAfter = (point: string, action: string): string => `(
  globalThis[Symbol.for('openemr-credential-rotation.effect')] = { moment: () => undefined, effect: async (name, action) => {
    const result = await action();
    if (name === '${point}') { console.log('"killed"'); process.exit(0); }
    return result;
  } }, ${action})`;
const asInField = ['chown', 'fowner', 'dac_override'];

// What the start script of OpenEMR's image makes of the modes at each start of a pod.
describe('a site as a pod leaves it: folder 0500, file 0400', () => {
  needs('root');
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
    await chmod(sandbox.root, 0o755);
    await leave(1000);
  });
  afterEach(() => sandbox.remove());

  async function leave(owner: number, folder = 0o500, file = 0o400): Promise<void> {
    await chown(sandbox.file, owner, owner);
    await chown(sandbox.folder, owner, owner);
    await chmod(sandbox.file, file);
    await chmod(sandbox.folder, folder);
  }
  const modeOf = async (file: string): Promise<number> => (await lstat(file)).mode & 0o7777;
  const expectModes = async (folder = 0o500, file = 0o400): Promise<void> => {
    expect((await modeOf(sandbox.folder)).toString(8)).to.equal(folder.toString(8));
    expect((await modeOf(sandbox.file)).toString(8)).to.equal(file.toString(8));
  };
  const text = (): Promise<string> => readFile(sandbox.file, 'utf8');

  it('its owner, no root, replaces the file and puts the modes back', async () => {
    expect(await asUser(sandbox.root, check, [1000], 1000)).to.deep.equal({ value: null });
    await expectModes();
    expect(await asUser(sandbox.root, write, [1000], 1000)).to.deep.equal({
      value: { uid: 1000, gid: 1000, mode: 0o400 },
    });
    await expectModes();
    expect(await text()).to.equal('x');
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });

  it('each other mode is put back, too; a folder that is open stays as it is', async () => {
    for (const mode of [0o500, 0o550, 0o555, 0o2570, 0o1500, 0o700, 0o755, 0o777, 0o1777]) {
      await chmod(sandbox.folder, mode);
      expect(await asUser(sandbox.root, check, [1000], 1000)).to.deep.equal({ value: null });
      expect(await asUser(sandbox.root, write, [1000], 1000)).to.have.property('value');
      await expectModes(mode);
    }
  });

  for (const point of ['file: open the folder', 'file: write beside', 'file: rename']) {
    for (const mode of [0o500, 0o550, 0o755]) {
      it(`killed after "${point}" on ${mode.toString(8)}: the next run puts the modes back`, async () => {
        await chmod(sandbox.folder, mode);
        const killed = await asUser(sandbox.root, killedAfter(point, write), [1000], 1000);
        const opens = mode !== 0o755;
        if (opens || point !== 'file: open the folder') expect(killed).to.equal('killed');
        expect(await asUser(sandbox.root, check, [1000], 1000)).to.deep.equal({ value: null });
        await asUser(sandbox.root, "cleanUp(root, 'default').then(() => 1)", [1000], 1000);
        await expectModes(mode);
        expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
      });
    }
  }

  it('killed, and the next thing is a write: that puts the modes back', async () => {
    await asUser(sandbox.root, killedAfter('file: write beside', write), [1000], 1000);
    expect(await modeOf(sandbox.folder)).to.not.equal(0o500);
    await asUser(sandbox.root, write, [1000], 1000);
    await expectModes();
  });

  it('killed, then a pod started: what was left is removed from a closed folder', async () => {
    await asUser(sandbox.root, killedAfter('file: write beside', write), [1000], 1000);
    await leave(1000);
    expect(await sandbox.names()).to.have.length(2);
    await asUser(sandbox.root, "cleanUp(root, 'default').then(() => 1)", [1000], 1000);
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
    await expectModes();
  });

  it('a pod that starts in the middle and closes the folder stops nothing', async () => {
    const closing = `(globalThis[Symbol.for('openemr-credential-rotation.effect')] = { moment: () => undefined, effect: async (name, action) => {
      const { chmodSync } = require('node:fs');
      if (name === 'file: rename' && !globalThis.closed) { globalThis.closed = true; chmodSync(root + '/default', 0o500); }
      return action();
    } }, ${write})`;
    expect(await asUser(sandbox.root, closing, [1000], 1000)).to.have.property('value');
    await expectModes();
    expect(await sandbox.names()).to.deep.equal(['sqlconf.php']);
  });

  it('a run that lost its lock opens nothing', async () => {
    const lost =
      "writeSqlconf(await readSqlconf(root), Buffer.from('x'), { guard: async () => { throw new Error('lost') } })";
    expect(await asUser(sandbox.root, lost, [1000], 1000)).to.have.property('message');
    await expectModes();
    expect(await text()).to.equal(content);
  });

  for (const owner of [0, 1000]) {
    it(`root with CHOWN, FOWNER and DAC_OVERRIDE alone, owner ${owner}: works, and touches no mode`, async () => {
      await leave(owner);
      expect(await asRootWith(sandbox.root, check, asInField)).to.deep.equal({ value: null });
      expect(await asRootWith(sandbox.root, write, asInField)).to.deep.equal({
        value: { uid: owner, gid: owner, mode: 0o400 },
      });
      await expectModes();
    });
  }

  it('root without any capability, files of root: works as the owner', async () => {
    await leave(0);
    expect(await asRootWith(sandbox.root, check, [])).to.deep.equal({ value: null });
    expect(await asRootWith(sandbox.root, write, [])).to.deep.equal({
      value: { uid: 0, gid: 0, mode: 0o400 },
    });
    await expectModes();
  });

  const named =
    /default has mode 0550 and belongs to user 1000, group 1000; .* is user (65534|0), group (65534|0)/;
  it('somebody else is refused, before and at the write, with mode, owner and who he is', async () => {
    await leave(1000, 0o550, 0o440);
    expect(await asUser(sandbox.root, check, [65534, 1000]))
      .to.have.property('value')
      .that.matches(named);
    expect(await asUser(sandbox.root, write, [65534, 1000])).to.include({ outcome: 'permission' });
    expect(await asUser(sandbox.root, write, [65534, 1000]))
      .to.have.property('message')
      .that.matches(named);
    await expectModes(0o550, 0o440);
  });

  it('root without DAC_OVERRIDE, files of another: refused, before and at the write, with what is missing', async () => {
    await leave(1000, 0o555, 0o444);
    const caps = ['chown', 'fowner'];
    for (const each of [check, write]) {
      const answer = JSON.stringify(await asRootWith(sandbox.root, each, caps));
      expect(answer).to.match(/user 0, group 0 without the capabilities DAC_OVERRIDE/);
    }
    await expectModes(0o555, 0o444);
  });

  it('root without CHOWN, file of another that only he may read: refused, before and at the write', async () => {
    for (const each of [check, write]) {
      const answer = JSON.stringify(await asRootWith(sandbox.root, each, ['fowner', 'dac_override']));
      expect(answer).to.match(/belongs to user 1000/);
    }
    await expectModes();
  });

  it('a file with the immutable flag is refused before, and left', async function () {
    try {
      execFileSync('chattr', ['+i', sandbox.file], { stdio: 'pipe' });
    } catch {
      this.skip();
    }
    try {
      const before = await readSqlconf(sandbox.root);
      expect((await checkWritable(before))?.message).to.include('immutable flag');
      expect(await writeSqlconf(before, Buffer.from('x')).catch((error: Error) => error.message)).to.include(
        'denied',
      );
      await expectModes();
    } finally {
      execFileSync('chattr', ['-i', sandbox.file]);
    }
  });

  it('cleanUp touches no folder that nothing was left in', async () => {
    await writeFile(path.join(sandbox.folder, '.sqlconf.bak.php'), '');
    const { ctimeMs } = await lstat(sandbox.folder);
    await cleanUp(sandbox.root, 'default');
    expect((await lstat(sandbox.folder)).ctimeMs).to.equal(ctimeMs);
  });
});
