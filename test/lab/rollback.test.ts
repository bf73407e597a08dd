import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runWithFault } from '../faults/sweep';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { letPass, until } from './support/until';
import { expectCode, expectHealthy, expectNoSecret, snapshot } from './support/world';

const denied = { status: 400, type: 'AccessDeniedException', message: 'not authorized (lab)' };

// The kind of database does not matter here.
for (const database of databases.slice(0, 1)) {
  describe(`rollback, saved plans, schedules (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    afterEach(() => site.remove());

    it('rollback after a rotation: previewed, not without --yes, back on A with the passwords of now; the next rotation goes on', async () => {
      expectCode(await run(site), 0);
      const rotated = await expectHealthy(site, 'B');
      const canary = site.canary();
      const preview = await run(site, ['rollback', '--dry-run', '--json']);
      expectCode(preview, 0);
      expect(preview.stderr)
        .to.include('switch back: OpenEMR moves from slot B to slot A')
        .and.to.include('does not restore passwords')
        .and.to.include('the account before a bootstrap, or data')
        .and.to.include('held rotation is abandoned');
      expect(preview.stderr, 'what only leaves the state').not.to.match(/- (user|password|slots)-/);
      const told = JSON.parse(preview.stdout) as { kind: string; to: string; preview: { changes: object[] } };
      expect(told).to.deep.include({
        schema: 1,
        type: 'rollback',
        outcome: 'done',
        kind: 'switch-back',
        to: 'A',
      });
      expect(told.preview.changes).to.deep.include({ name: 'sqlconf', operation: 'update', step: 5 });
      const refused = await run(site, ['rollback']);
      expectCode(refused, 2);
      expect(refused.stderr).to.include('--yes');
      expect(await snapshot(site)).to.deep.equal(rotated);
      const back = await run(site, ['rollback', '--yes']);
      expectCode(back, 0);
      const after = await expectHealthy(site, 'A');
      expect(after.A.password).to.equal(rotated.A.password);
      expect(after.B.password).to.equal(rotated.B.password);
      expect(after.admin.password).to.equal(rotated.admin.password);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });

    it('rollback of a rotation that is held at the flip: back on A, whose password was never changed @long', async () => {
      const before = await snapshot(site);
      const release = lab.aws.fault({
        action: 'UpdateSecretVersionStage',
        secretId: site.slotSecretId,
        stage: 'AWSCURRENT',
        when: 'before',
        times: 1,
        respond: denied,
      });
      expectCode(await run(site), 12);
      release();
      expectCode(await run(site, ['rollback', '--yes']), 0);
      const after = await expectHealthy(site, 'A');
      expect(after.A.password).to.equal(before.A.password);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('rollback of a rotation that was killed before the switch: nothing to do, and it says so @long', async () => {
      await runWithFault(site, { point: 'file: write beside', mode: 'kill-before' });
      const result = await run(site, ['rollback', '--yes']);
      expectCode(result, 2);
      expect(result.stderr).to.include('stopped before the switch').and.to.include('Nothing to do');
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('a saved plan is carried out; a second time, or in a changed world, it is refused with exit 10', async () => {
      const file = path.join(site.folder, 'plan.json');
      expectCode(await run(site), 0);
      const other = path.join(site.folder, 'other.json');
      expectCode(await run(site, ['--dry-run', '--plan', other]), 0);
      expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      const { A, B, admin } = await snapshot(site);
      expectNoSecret([A.password, B.password, admin.password], { plan: readFileSync(file, 'utf8') });
      expectCode(await run(site, ['--plan', file]), 0);
      const rotated = await expectHealthy(site, 'A');
      const saved = JSON.parse(readFileSync(file, 'utf8')) as { plan: { id: string }; engine?: unknown };
      expect(saved.engine, "the engine's own plan").to.be.an('object');
      for (const stale of [file, other]) {
        const again = await run(site, ['--plan', stale]);
        expectCode(again, 10);
        expect(again.stderr).to.include('sqlconf.php was changed').and.to.include('current version');
      }
      expect(await snapshot(site)).to.deep.equal(rotated);
    });

    it('a saved plan is refused when the password in the file alone was edited, and the time of the file set back @long', async () => {
      const file = path.join(site.folder, 'edited.json');
      expectCode(await run(site), 0);
      expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
      const before = await snapshot(site);
      const live = before[before.active === 'A' ? 'A' : 'B'];
      const [bytes, { atime, mtime }] = [readFileSync(site.sqlconfFile), statSync(site.sqlconfFile)];
      const set = async (password: string, content: string | Buffer): Promise<void> => {
        await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY ?", [live.username, password]);
        writeFileSync(site.sqlconfFile, content, 'latin1');
      };
      const healthy = async (): Promise<boolean> =>
        (await (await fetch(site.healthUrl)).text()).includes('"database":true');
      const edited = bytes.toString('latin1').replace(/(\$pass\s*=\s*')[^']*/, '$1Changed-by-hand-1');
      for (const setBack of [false, true]) {
        await set('Changed-by-hand-1', edited);
        if (setBack) utimesSync(site.sqlconfFile, atime, mtime);
        const world = await snapshot(site);
        expectCode(await run(site, ['--plan', file]), 10);
        expect(await snapshot(site)).to.deep.equal(world);
        await set(live.password, bytes);
        // PHP's opcache takes a file for changed by its time: it has to see the file once before that is set back.
        await until('the health page is good', healthy);
        utimesSync(site.sqlconfFile, atime, mtime);
      }
      await until('the health page is good', healthy);
      expectCode(await run(site, ['--plan', file]), 0);
      await expectHealthy(site, 'A');
    });

    it('a saved plan that does not allow a step is refused with exit 10 at that step, and the next run finishes @long', async () => {
      const file = path.join(site.folder, 'changed.json');
      expectCode(await run(site), 0);
      expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
      const before = await snapshot(site);
      const saved = JSON.parse(readFileSync(file, 'utf8')) as {
        engine: { resourcePlans: Record<string, { steps?: string[] }> };
      };
      const check = Object.entries(saved.engine.resourcePlans).find(
        ([urn, { steps }]) => urn.includes(':AdminCheck::') && steps?.includes('create') === true,
      )?.[1];
      Object.assign(check ?? {}, { steps: [] });
      writeFileSync(file, JSON.stringify(saved));
      const refused = await run(site, ['--plan', file]);
      expectCode(refused, 10);
      expect(refused.stderr)
        .to.match(
          /Step 3 failed\. The saved plan does not allow what this run has to do: .* Nothing was switched/,
        )
        .and.not.include('urn:pulumi');
      expect(await snapshot(site)).to.deep.equal(before);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
    });

    it('a saved plan that goes wrong after the switch is rolled back, as any rotation', async () => {
      const file = path.join(site.folder, 'ill.json');
      expectCode(await run(site), 0);
      expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
      await site.podFault('health-500', { rollouts: 1 });
      const failed = await run(site, ['--plan', file]);
      expectCode(failed, 13);
      expect(failed.stderr).to.include('Rolled back: OpenEMR runs on');
      await expectHealthy(site, 'B');
    });

    for (const [what, point] of [
      ['before the switch', 'file: write beside'],
      ['after it', 'file: rename'],
    ] as const)
      it(`a saved plan whose run was killed ${what}: the same command finishes it${longUnless(what !== 'after it')}`, async () => {
        const file = path.join(site.folder, 'killed.json');
        const { active } = await snapshot(site);
        expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
        const killed = await runWithFault(site, { point, mode: 'kill-after' }, undefined, ['--plan', file]);
        expect(killed.signal).to.equal('SIGKILL');
        const next = await run(site, ['--plan', file]);
        expectCode(next, 0);
        expect(next.stdout + next.stderr).to.include('Finishing');
        await expectHealthy(site, active === 'A' ? 'B' : 'A');
      });

    it('--if-older-than: nothing before its time, a rotation after it, and an unfinished one always', async () => {
      expectCode(await run(site), 0);
      const rotated = await snapshot(site);
      const young = await run(site, ['--if-older-than', '30d']);
      expectCode(young, 0);
      expect(young.stdout).to.match(/The last rotation was \d+ minutes ago .* nothing to do yet/);
      expect(await snapshot(site)).to.deep.equal(rotated);
      await runWithFault(site, { point: 'file: rename', mode: 'kill-after' });
      expectCode(await run(site, ['--if-older-than', '30d']), 0);
      await expectHealthy(site, 'A');
      expectCode(await run(site, ['--if-older-than', '0m']), 0);
      await expectHealthy(site, 'B');
    });

    it('--if-older-than after a rollback: it renewed nothing, so what counts is the age of the passwords @long', async () => {
      expectCode(await run(site), 0);
      const renewed = new Date();
      await letPass(2000, 'the rollback is younger than the rotation');
      expectCode(await run(site, ['rollback', '--yes']), 0);
      await expectHealthy(site, 'A');
      const told = await run(site, ['--if-older-than', '30d']);
      expectCode(told, 0);
      const [, last = ''] = /The last rotation was .* ago \((\S+)\)/.exec(told.stdout) ?? [];
      expect(Date.parse(last), told.stdout).to.be.at.most(renewed.getTime());
      expectCode(await run(site, ['--if-older-than', renewed.toISOString()]), 0);
      await expectHealthy(site, 'B');
    });

    it('a saved plan that waited for its review: history and status count from the run @long', async () => {
      const file = path.join(site.folder, 'waiting.json');
      expectCode(await run(site, ['--dry-run', '--plan', file]), 0);
      const reviewed = new Date();
      await letPass(3000, 'the plan waits for its review');
      expectCode(await run(site, ['--plan', file]), 0);
      const shown = await run(site, ['history', '--json']);
      const { rotations } = JSON.parse(shown.stdout) as { rotations: { startedAt: string }[] };
      expect(Date.parse(rotations[0]?.startedAt ?? ''), shown.stdout).to.be.at.least(
        reviewed.getTime() + 2000,
      );
      const status = JSON.parse((await run(site, ['status', '--json'])).stdout) as {
        lastRotation: { startedAt: string };
      };
      expect(Date.parse(status.lastRotation.startedAt)).to.be.at.least(reviewed.getTime() + 2000);
    });
  });
}
