import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import type { WorldSnapshot } from './support/world';
import { expectCode, expectHealthy, expectNoSecret, leftOnDisk, snapshot } from './support/world';

for (const database of databases) {
  for (const phpMode of ['request', 'cached'] as const) {
    describe(`three rotations in a row under load (${database}, PHP mode ${phpMode})${longUnless(database === 'mysql' && phpMode === 'request')}`, function () {
      this.timeout(240_000);
      let lab: Lab;
      let site: Site;

      before(async () => {
        lab = await labWith(database);
        site = await lab.createSite({ phpMode });
      });
      after(() => site.remove());

      it('goes A → B → A → B with every password changed, no request failed and no login refused', async () => {
        const worlds: WorldSnapshot[] = [await snapshot(site)];
        const texts: Record<string, string> = {};
        const load = site.load({ ratePerSecond: 20 });
        const canary = site.canary({ everyMs: 100 });
        for (const slot of ['B', 'A', 'B'] as const) {
          const result = await run(site);
          expectCode(result, 0);
          texts[`output ${worlds.length}`] = result.stdout + result.stderr;
          worlds.push(await expectHealthy(site, slot));
        }
        const [served, logins] = [await load.stop(), await canary.stop()];
        expect(served.failed, JSON.stringify(served)).to.equal(0);
        expect(served.requests).to.be.greaterThan(100);
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
        expectPasswordsChanged(worlds);
        await expectOldPasswordsDead(site, worlds);
        expectForeignKeysKept(worlds);
        const secrets = worlds.flatMap(({ A, B, admin }) => [A.password, B.password, admin.password]);
        expectNoSecret([...secrets, ...site.canaries()], { ...texts, ...leftOnDisk(site) });
      });
    });
  }
}

/** A rotation renews the slot that it leaves and the admin, so three of them renew each slot at least once. */
function expectPasswordsChanged(worlds: WorldSnapshot[]): void {
  const count = (values: string[]): number => new Set(values).size;
  expect(count(worlds.map(({ admin }) => admin.password)), 'admin passwords').to.equal(4);
  expect(count(worlds.map(({ A }) => A.password)), 'passwords of slot A').to.equal(3);
  expect(count(worlds.map(({ B }) => B.password)), 'passwords of slot B').to.equal(2);
}

async function expectOldPasswordsDead(site: Site, worlds: WorldSnapshot[]): Promise<void> {
  const last = worlds.at(-1);
  for (const world of worlds.slice(0, -1)) {
    for (const key of ['A', 'B', 'admin'] as const) {
      if (world[key].password === last?.[key].password) continue;
      expect(
        await site.canLogin(world[key].username, world[key].password),
        `old password of ${key}`,
      ).to.equal(false);
    }
  }
}

/** Unknown keys of the secrets, other keys of the Kubernetes Secret, mode and other bytes of the file stay. */
function expectForeignKeysKept(worlds: WorldSnapshot[]): void {
  const [first, last] = [worlds[0], worlds.at(-1)];
  const foreign = (world: WorldSnapshot | undefined): unknown => {
    const without = (entry: object | undefined): unknown => ({ ...entry, username: '', password: '' });
    return [
      { ...world?.slots, active_slot: '', A: without(world?.A), B: without(world?.B) },
      without(world?.admin),
      world?.mode,
    ];
  };
  expect(foreign(last)).to.deep.equal(foreign(first));
  const others = (world: WorldSnapshot | undefined): unknown =>
    Object.entries(world?.secret ?? {}).filter(([key]) => !key.startsWith('mysql-'));
  expect(others(last)).to.deep.equal(others(first)).and.not.to.deep.equal([]);
}
