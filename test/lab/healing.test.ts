import { rmSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { runPaused, runWithFault } from '../faults/sweep';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { putSecret, secretUnder, stagesOf } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';

// Secrets Manager and state do not know the kind of database.
for (const database of databases.slice(0, 1)) {
  describe(`what an earlier run or somebody else left behind (${database})`, function () {
    this.timeout(180_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
    });
    afterEach(() => site.remove());

    it('the admin password was set and never became current: the pending version is promoted', async () => {
      const { admin } = await snapshot(site);
      await putSecret(
        site,
        site.adminSecretId,
        JSON.stringify({ ...admin, password: 'Set-but-not-current-1' }),
        ['AWSPENDING'],
      );
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Set-but-not-current-1'", [admin.username]);
      expectCode(await run(site, ['verify']), 0);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    it('the admin secret was changed and the database was not: the version that works becomes current again', async () => {
      const { admin } = await snapshot(site);
      await putSecret(
        site,
        site.adminSecretId,
        JSON.stringify({ ...admin, password: 'Never-told-to-anyone-1' }),
      );
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(after.admin.password).not.to.equal('Never-told-to-anyone-1');
    });

    it('no admin password works: exit 3, and nothing changed', async () => {
      const before = await snapshot(site);
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'Known-to-nobody-123'", [
        before.admin.username,
      ]);
      const result = await run(site);
      expectCode(result, 3);
      expect(result.stderr).to.include(before.admin.username).and.to.include(site.adminSecretId);
      expect(await snapshot(site)).to.deep.equal(before);
    });

    it('somebody changes the slot secret during the rotation: it is not overwritten, and the next run keeps the change @long', async () => {
      const before = await snapshot(site);
      const changed = JSON.stringify({ ...before.slots, note: 'changed by a person' });
      lab.aws.fault({
        action: 'UpdateSecretVersionStage',
        secretId: site.slotSecretId,
        stage: 'AWSCURRENT',
        times: 1,
        when: 'before',
        onMatch: async () => void (await putSecret(site, site.slotSecretId, changed)),
      });
      const result = await run(site);
      expectCode(result, 12);
      expect((await snapshot(site)).slots).to.include({ note: 'changed by a person', active_slot: 'A' });
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(after.slots).to.include({ note: 'changed by a person' });
    });

    it('somebody changes the admin secret in step 11: it is not overwritten, and the next run keeps the change @long', async () => {
      const before = await snapshot(site);
      const changed = JSON.stringify({ ...before.admin, note: 'changed by a person' });
      const held = await runPaused(site, 'admin secret: AWSCURRENT to the new version', 'before', () =>
        putSecret(site, site.adminSecretId, changed).then(() => undefined),
      );
      expectCode(held, 12);
      expect(held.stderr).to.include('Step 11 failed').and.to.include('changed by someone else');
      expect((await snapshot(site)).admin).to.deep.equal(JSON.parse(changed));
      expectCode(await run(site), 0);
      const after = await expectHealthy(site, 'B');
      expect(after.admin).to.include({ note: 'changed by a person' });
      expect(after.admin.password).not.to.equal(before.admin.password);
      expect(Object.values(await stagesOf(site, site.adminSecretId)).flat()).to.have.members([
        'AWSCURRENT',
        'AWSPREVIOUS',
      ]);
    });

    it('somebody mends the admin secret while it is healed: it is not overwritten, and the next run rotates @long', async () => {
      const { admin } = await snapshot(site);
      await putSecret(
        site,
        site.adminSecretId,
        JSON.stringify({ ...admin, password: 'Never-told-to-anyone-1' }),
      );
      const mended = JSON.stringify({ ...admin, note: 'mended by a person' });
      const stopped = await runPaused(site, 'admin secret: heal AWSCURRENT', 'before', () =>
        putSecret(site, site.adminSecretId, mended).then(() => undefined),
      );
      expectCode(stopped, 4);
      expect(stopped.stderr).to.include('Step 3 failed').and.to.include('changed by someone else');
      expect((await snapshot(site)).admin).to.deep.equal(JSON.parse(mended));
      expectCode(await run(site), 0);
      expect((await expectHealthy(site, 'B')).admin).to.include({ note: 'mended by a person' });
    });

    it('killed after the cut-over, and the state is lost: the world is enough to finish @long', async () => {
      const canary = site.canary();
      const killed = await runWithFault(site, { point: 'file: rename', mode: 'kill-after' });
      expect(killed.signal).to.equal('SIGKILL');
      const { B } = await snapshot(site);
      rmSync((site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', ''), { recursive: true });
      rmSync(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '', { recursive: true });
      const finished = await run(site, ['--log-json']);
      expectCode(finished, 0);
      expect(finished.stdout).to.include('"kind":"reconcile"');
      const after = await expectHealthy(site, 'B');
      expect(after.B.password === B.password, 'the live account keeps its password').to.equal(true);
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });

    it('killed when the renewed password was just set, and the state is lost: another rotation takes the labels, and no login with them', async () => {
      const killed = await runWithFault(site, {
        point: 'database: ALTER USER of slot A',
        mode: 'kill-after',
      });
      expect(killed.signal).to.equal('SIGKILL');
      rmSync((site.environment['PULUMI_BACKEND_URL'] ?? '').replace('file://', ''), { recursive: true });
      rmSync(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '', { recursive: true });
      const before = await stagesOf(site, site.slotSecretId);
      const canary = site.canary();
      const finished = await runPaused(site, 'database: ALTER USER of slot A', 'before', async () => {
        const after = await stagesOf(site, site.slotSecretId);
        const idOf = (stages: Record<string, string[]>): string | undefined =>
          Object.keys(stages).find((id) => stages[id]?.includes('CREDENTIAL_ROTATION_RENEWED'));
        expect(idOf(after), 'the label has moved').not.to.equal(idOf(before));
        // What it held is only the standby's, which nobody uses and the admin sets anew.
        const { active, ...world } = await snapshot(site);
        const live = world[active === 'A' ? 'A' : 'B'];
        expect(await site.canLogin(live.username, live.password), 'AWSCURRENT knows the live login').to.equal(
          true,
        );
      });
      expectCode(finished, 0);
      await expectHealthy(site, (await snapshot(site)).active === 'A' ? 'A' : 'B');
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    });

    it("the labels: AWSCURRENT on the renewed version, no other on the admin secret, passwords under the tool's own labels", async () => {
      expectCode(await run(site), 0);
      const [slots, admin] = [
        await stagesOf(site, site.slotSecretId),
        await stagesOf(site, site.adminSecretId),
      ];
      const current = Object.values(slots).find((stages) => stages.includes('AWSCURRENT'));
      expect(current).to.include('CREDENTIAL_ROTATION_RENEWED');
      expect(Object.values(admin).flat()).to.have.members(['AWSCURRENT', 'AWSPREVIOUS']);
      const renewed = await secretUnder(site, site.slotSecretId, 'CREDENTIAL_ROTATION_RENEWED');
      expect(JSON.parse(renewed ?? '{}')).to.deep.equal(await site.slotDocument());
    });
  });
}
