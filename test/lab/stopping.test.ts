import { expect } from 'chai';
import type { Canary, Lab, Site } from '../../lab';
import { lockName } from '../../src/mysql/lock';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { grantOptionalRights, SiteLease } from './support/optionalRights';
import { isFree, runStoppedAt } from './support/runProcesses';
import { arnOf } from './support/secrets';
import { expectCode, expectHealthy, snapshot } from './support/world';

for (const database of databases.slice(0, 1)) {
  describe(`stopped by a signal: what it says, and what it gives back (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let canary: Canary;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ progressDeadlineSeconds: 6 });
      await grantOptionalRights(lab, site);
      canary = site.canary();
    });
    afterEach(async () => {
      await canary.stop();
      await site.remove();
    });

    async function expectReleased(): Promise<void> {
      expect(await isFree(lab, lockName(await arnOf(site, site.slotSecretId))), 'the lock is free').to.equal(
        true,
      );
      const { spec } = await new SiteLease(lab, site).read();
      expect(spec?.holderIdentity ?? '', 'holder of the Lease').to.equal('');
    }

    async function expectNoLoginFailed(): Promise<void> {
      const { failed, failures } = await canary.stop();
      expect(failed, failures.slice(0, 5).join('\n')).to.equal(0);
    }

    it('at its first word: code 8, that nothing was begun, the account that is live, lock and Lease given back', async () => {
      const before = await snapshot(site);
      const stopped = await runStoppedAt(site, /Reading secrets/);
      expectCode(stopped, 8);
      expect(stopped.stderr).to.match(new RegExp(`Stopped by a signal before .* ${before.A.username}`));
      await expectReleased();
      expect(await snapshot(site)).to.deep.equal(before);
      await expectNoLoginFailed();
    });

    it('a dry run: code 8, that nothing was changed, the account that is live', async () => {
      const before = await snapshot(site);
      for (const moment of [/Reading secrets/, /1\/11/]) {
        const stopped = await runStoppedAt(site, moment, ['--dry-run']);
        expectCode(stopped, 8);
        expect(stopped.stderr).to.match(
          new RegExp(`Stopped by a signal; nothing was changed\\. .*${before.A.username}`),
        );
      }
      expect(await snapshot(site)).to.deep.equal(before);
      await expectNoLoginFailed();
    });

    it('in step 4 and in step 7: code 8, the step, the account that is live, lock and Lease given back', async () => {
      const { A, B } = await snapshot(site);
      const early = await runStoppedAt(site, /4\/11/);
      expectCode(early, 8);
      expect(early.stderr).to.match(
        new RegExp(
          `Stopped by a signal in step 4 of this rotation; OpenEMR runs on ${A.username}, which works`,
        ),
      );
      await expectReleased();
      const late = await runStoppedAt(site, /7\/11/);
      expectCode(late, 8);
      expect(late.stderr).to.match(
        new RegExp(
          `Stopped by a signal in step [78] of this rotation; OpenEMR runs on ${B.username}, which works`,
        ),
      );
      await expectReleased();
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
      await expectNoLoginFailed();
    });

    it('in a rollback: code 8, what failed before, the account that is live; the next run finishes the rollback @long', async () => {
      await site.podFault('health-500', { rollouts: 1 });
      const stopped = await runStoppedAt(site, /Rolling back[^]* 6\/11/);
      expectCode(stopped, 8);
      expect(stopped.stderr)
        .to.include('Step 8 failed')
        .and.to.match(/Stopped by a signal in step [678] of this rollback; OpenEMR runs on \S+, which works/)
        .and.to.include('Run again to finish this rollback.');
      await expectReleased();
      await site.podFault('none');
      expectCode(await run(site), 0);
      const { active_slot: active } = await site.slotDocument();
      await expectHealthy(site, active === 'A' ? 'A' : 'B');
      await expectNoLoginFailed();
    });
  });
}
