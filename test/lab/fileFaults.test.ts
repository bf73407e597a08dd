import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { mountHanging } from '../unit/openemr/file/hangingMount';
import { runPaused, runWithFault } from '../faults/sweep';
import { run, runClosed } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import type { WorldSnapshot } from './support/world';
import { expectCode, expectHealthy, snapshot } from './support/world';

/** What killed runs left beside the file. */
function leftovers(site: Site): string[] {
  return readdirSync(path.dirname(site.sqlconfFile)).filter((name) =>
    /^\.sqlconf\.[0-9a-f]{16}\.php$/.test(name),
  );
}

// A file system knows nothing of the kind of database.
for (const database of databases.slice(0, 1)) {
  describe(`sqlconf.php on a file system that fails (${database})`, function () {
    this.timeout(240_000);
    let site: Site;
    let world: WorldSnapshot;
    let folder: string;
    const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'pipe' });
    const unmount = (): void => void execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
    const fill = async (): Promise<void> => {
      try {
        writeFileSync(path.join(folder, 'fill'), Buffer.alloc(1 << 20));
      } catch {
        // Full, as it should be.
      }
    };

    before(async function () {
      site = await (await labWith(database)).createSite();
      folder = path.dirname(site.sqlconfFile);
      const kept = path.join(site.folder, 'kept');
      cpSync(folder, kept, { recursive: true });
      try {
        mount('-t', 'tmpfs', '-o', 'size=256k', 'none', folder);
      } catch {
        // Mounting needs root and a right that containers often lack.
        this.test?.parent?.tests.forEach((test) => (test.title += ' (skipped: this process may not mount)'));
        await site.remove();
        this.skip();
      }
      cpSync(kept, folder, { recursive: true });
    });
    beforeEach(async () => {
      world = await snapshot(site);
    });
    afterEach(() => rmSync(path.join(folder, 'fill'), { force: true }));
    after(async function () {
      if (!readFileSync('/proc/self/mounts', 'utf8').includes(` ${folder} `)) return;
      unmount();
      await site.remove();
    });

    it('full: found before anything is written, exit 2', async () => {
      await fill();
      const result = await run(site);
      expectCode(result, 2);
      expect(result.stderr).to.match(/file system of \S+ is full; free some space/);
      expect(await snapshot(site)).to.deep.equal(world);
    });

    it('full only when the file is written: exit 4, the old file stays as it is, nothing is switched', async () => {
      const result = await runPaused(site, 'file: write beside', 'before', fill);
      expectCode(result, 4);
      expect(result.stderr).to.match(/Step 5 failed\. .*is full; free some space.*Nothing was switched/);
      expect(await snapshot(site)).to.deep.equal(world);
      expect(leftovers(site)).to.deep.equal([]);
    });

    it('read-only only when the file is written: exit 3, nothing is switched', async () => {
      const result = await runPaused(site, 'file: write beside', 'before', async () =>
        mount('-o', 'remount,ro', folder),
      );
      mount('-o', 'remount,rw', folder);
      expectCode(result, 3);
      expect(result.stderr).to.match(/Step 5 failed\. .*read-only; mount it with write access.*Nothing was/);
      expect(await snapshot(site)).to.deep.equal(world);
    });

    it('a mount that hangs: status shows the rest, a rotation ends with 4; in the midst of the write it is held, and finished', async function () {
      // Short, and longer than a file system that is well takes to answer on a machine with much else to do.
      const limitSeconds = 4;
      const silent = `has not answered for ${limitSeconds} s`;
      const limited = Object.assign(Object.create(site) as Site, {
        environment: { ...site.environment, CREDENTIAL_ROTATION_FILE_LIMIT_SECONDS: String(limitSeconds) },
      });
      let answerAgain = await mountHanging(folder);
      if (!answerAgain) this.skip();
      const status = await run(limited, ['status']);
      const refused = await run(limited);
      await answerAgain();
      expect(status.stdout + status.stderr)
        .to.include(silent)
        .and.match(/mysql-user|Secret/);
      expectCode(refused, 4);
      expect(refused.stderr).to.match(new RegExp(`file system of \\S+ ${silent}`));
      expect(await snapshot(site)).to.deep.equal(world);
      const held = await runPaused(limited, 'file: rename', 'before', async () => {
        answerAgain = await mountHanging(folder);
      });
      await answerAgain();
      expectCode(held, 12);
      expect(held.stderr).to.match(new RegExp(`Step 5 failed\\. .*${silent}`));
      expect(await snapshot(site)).to.deep.equal(world);
    });

    it('not mounted when the file is written: held with exit 12, nothing is changed, and the next run rotates @long', async () => {
      const empty = path.join(site.folder, 'empty');
      mkdirSync(empty);
      const result = await runPaused(site, 'file: write beside', 'before', async () =>
        mount('--bind', empty, folder),
      );
      unmount();
      expectCode(result, 12);
      expect(result.stderr).to.match(/Step 5 failed\. .*sqlconf\.php does not exist/);
      expect(await snapshot(site)).to.deep.equal(world);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });
  });

  describe(`sqlconf.php while a rotation runs (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let world: WorldSnapshot;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    beforeEach(async () => {
      world = await snapshot(site);
    });
    after(() => site.remove());

    const textOf = (): string => readFileSync(site.sqlconfFile, 'utf8');
    /** Writes as an editor does that keeps the file. */
    const edit = (text: string): void => writeFileSync(site.sqlconfFile, text);

    it('edited between the plan and step 5, to another password: the edit is kept, nothing is switched, exit 4', async () => {
      const { username, password } = world.A;
      const changed = 'Changed-by-hand-1234';
      const edited = textOf().replace(password, changed);
      const setPassword = (to: string, user = username): Promise<unknown> =>
        lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [user, to]);
      // A standby that drifted gives step 4 something to do, so that there is a point to stop at.
      await setPassword('Drifted-away-1234', world.B.username);
      const result = await runPaused(site, 'database: ALTER USER of slot B', 'before', async () => {
        await setPassword(changed);
        edit(edited);
      });
      expectCode(result, 4);
      expect(result.stderr).to.match(/Step 5 failed\. .*edited by somebody else.*Nothing was switched/);
      expect(textOf()).to.equal(edited);
      expect(await site.canLogin(username, changed)).to.equal(true);
      await setPassword(password);
      edit(edited.replace(changed, password));
    });

    it('killed between the write and the rename: the old file stays, and the next run that holds the lock cleans up', async () => {
      const text = textOf();
      const killed = await runWithFault(site, { point: 'file: rename', mode: 'kill-before' });
      expect(killed.signal).to.equal('SIGKILL');
      expect(await snapshot(site)).to.deep.equal(world);
      const [left = ''] = leftovers(site);
      expect(lstatSync(path.join(path.dirname(site.sqlconfFile), left)).mode & 0o777).to.equal(world.mode);
      expectCode(await run(site, ['--dry-run']), 0);
      expect(leftovers(site), 'a dry run writes nothing').to.deep.equal([left]);
      // A run that is refused, so that it writes no file itself: another site on the standby's account.
      edit(text.replace('?>', '// edited by hand\n?>'));
      const other = path.join(site.sitesRoot, 'other');
      mkdirSync(other);
      writeFileSync(path.join(other, 'sqlconf.php'), text.replace(world.A.username, world.B.username));
      expectCode(await run(site), 2);
      expect(leftovers(site)).to.deep.equal([]);
      rmSync(other, { recursive: true });
      edit(text);
    });

    it('edited between the reading and the rename: the edit is kept, nothing is switched, exit 4 @long', async () => {
      const edited = textOf().replace('?>', '// edited by hand\n?>');
      const result = await runPaused(site, 'file: rename', 'before', async () => edit(edited));
      expectCode(result, 4);
      expect(result.stderr).to.match(/Step 5 failed\. .*changed by somebody else.*Nothing was switched/);
      expect(textOf()).to.equal(edited);
      expect(leftovers(site)).to.deep.equal([]);
    });

    for (const args of [['--log-json'], []]) {
      it(`stdout and stderr closed from the start (${args.join() || 'text'}): the rotation is finished all the same${longUnless(args.length > 0)}`, async () => {
        const { active } = await snapshot(site);
        const canary = site.canary();
        expect(await runClosed(site, args)).to.deep.equal({ code: 0, signal: null });
        await expectHealthy(site, active === 'A' ? 'B' : 'A');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.join('\n')).to.equal(0);
      });
    }
  });

  describe(`several sites below one folder (${database})`, function () {
    this.timeout(240_000);
    let site: Site;

    before(async () => {
      site = await (await labWith(database)).createSite();
    });
    after(() => site.remove());

    const fileOf = (name: string): string => path.join(site.sitesRoot, name, 'sqlconf.php');
    /** Makes another site by a change of the own file. */
    const addSite = (name: string, change: (text: string) => string): void => {
      mkdirSync(path.dirname(fileOf(name)));
      writeFileSync(fileOf(name), change(readFileSync(site.sqlconfFile, 'utf8')));
    };
    const removeSite = (name: string): void => rmSync(path.dirname(fileOf(name)), { recursive: true });

    it('on an account of the rotation: refused with the list before anything is written, exit 2', async () => {
      const world = await snapshot(site);
      const { A, B } = world;
      addSite('two', (text) => text.replace(site.schema, 'two'));
      addSite('three', (text) => text.replace(A.username, B.username).replace('?>', '$x = f(); ?>'));
      addSite('four', (text) => text.replace(A.username, 'four'));
      const result = await run(site);
      expectCode(result, 2);
      expect(result.stderr).to.include(fileOf('two')).and.include(fileOf('three'));
      expect(result.stderr).not.to.include(fileOf('four'));
      expect(await snapshot(site)).to.deep.equal(world);
      removeSite('two');
      removeSite('three');
    });

    it('--site names the one to rotate; then the default is another one', async () => {
      addSite('two', (text) => text);
      const result = await run(site, ['--dry-run', '--site', 'two']);
      expectCode(result, 2);
      expect(result.stderr).to.include(`${site.sqlconfFile} (as `).and.not.include(fileOf('two'));
      const { mode } = lstatSync(site.sqlconfFile);
      expectCode(await run(site, ['--fix-permissions=0440'], { OPENEMR_SITE: 'two' }), 0);
      expect(lstatSync(fileOf('two')).mode & 0o777).to.equal(0o440);
      expect(lstatSync(site.sqlconfFile).mode).to.equal(mode);
      removeSite('two');
    });

    it('a site that takes up the old account during a rotation: that is not altered, and the next run finishes', async () => {
      const { A, B } = await snapshot(site);
      const held = await runPaused(site, 'slot secret: flip active_slot', 'before', async () =>
        addSite('two', (text) => text.replace(B.username, A.username)),
      );
      expectCode(held, 12);
      expect(held.stderr)
        .to.match(/Step 10 failed\. .*in use by another site/)
        .and.include(fileOf('two'));
      expect(await site.canLogin(A.username, A.password), 'the old account is as it was').to.equal(true);
      removeSite('two');
      expectCode(await run(site), 0);
      expect((await expectHealthy(site, 'B')).A.password).not.to.equal(A.password);
    });
  });
}
