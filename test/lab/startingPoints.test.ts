import { expect } from 'chai';
import type { Lab, Site, StartingPoint } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { dropDefaultUsers, expectCode, expectHealthy, snapshot } from './support/world';

/** Where OpenEMR must be after one run from each starting point, and what the run calls itself. */
const expectations: Record<StartingPoint, { slot: 'A' | 'B'; kind: string }> = {
  'a-active': { slot: 'B', kind: 'rotate' },
  'b-active': { slot: 'A', kind: 'rotate' },
  reconcile: { slot: 'B', kind: 'reconcile' },
  bootstrap: { slot: 'A', kind: 'bootstrap' },
  'empty-standby': { slot: 'B', kind: 'rotate' },
  'empty-secret': { slot: 'A', kind: 'bootstrap' },
};

for (const database of databases) {
  describe(`starting points (${database})${longUnless(database === 'mysql')}`, function () {
    this.timeout(180_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await labWith(database);
    });
    afterEach(async () => {
      await site.remove();
      await dropDefaultUsers(lab);
    });

    for (const [start, { slot, kind }] of Object.entries(expectations) as [
      StartingPoint,
      { slot: 'A' | 'B'; kind: string },
    ][]) {
      it(`${start}: ${kind}, and OpenEMR ends on slot ${slot}${longUnless(database === 'mysql' || start === 'a-active' || start === 'bootstrap')}`, async () => {
        site = await lab.createSite({ start });
        const before = await snapshot(site);
        const canary = site.canary();
        const load = site.load({ ratePerSecond: 20 });
        const result = await run(site, ['--log-json']);
        expectCode(result, 0);
        const [served, logins] = [await load.stop(), await canary.stop()];
        expect(served.failed, JSON.stringify(served)).to.equal(0);
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
        const ending = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
        expect(ending).to.include({ type: 'result', outcome: 'done', exitCode: 0, kind, to: slot });
        const after = await expectHealthy(site, slot);
        expect(after.admin.password).not.to.equal(before.admin.password);
        const left = slot === 'A' ? 'B' : 'A';
        expect(after[left].password, `slot ${left} has a fresh password`).not.to.equal(before[left].password);
      });
    }

    it('rotates again from where a bootstrap left it', async () => {
      site = await lab.createSite({ start: 'empty-secret' });
      expectCode(await run(site), 0);
      await expectHealthy(site, 'A');
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });
  });
}
