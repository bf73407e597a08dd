import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { restartAnnotation } from '../../src/rotation/annotations';
import { runWithFault } from '../faults/sweep';
import { Cluster } from './support/cluster';
import type { Run } from './support/command';
import { run } from './support/command';
import { overwrite } from './support/files';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { alterPassword, expectCode, expectHealthy, snapshot } from './support/world';
import { letPass } from './support/until';

/**
 * What people do between two runs. OpenEMR reads `sqlconf.php` once, when a pod starts: whoever keeps a login shows what
 * a restart that was left out costs. The kind of database does not matter here.
 */
for (const database of databases.slice(0, 1)) {
  describe(`a rotation that stopped, and what people did since (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ phpMode: 'cached' });
      cluster = new Cluster(lab, site);
    });
    afterEach(async () => {
      cluster.close();
      await site.remove();
    });

    /** The file, byte for byte, and the Secret as they were, and new pods: the emergency reset of the runbook. */
    async function putBack(file: Buffer, secret: Record<string, string>): Promise<void> {
      overwrite(site.sqlconfFile, file);
      await cluster.setSecret(secret);
      await site.restart();
    }

    const restartedAs = async (): Promise<string | undefined> =>
      (await cluster.deployment()).spec.template.metadata.annotations?.[restartAnnotation];

    async function stopAt(point: string): Promise<void> {
      await runWithFault(site, { point, mode: 'kill-after' });
    }

    it('stopped before the switch, and since then it would cost requests: refused as a new one, then finished', async () => {
      await runWithFault(site, { point: 'file: write beside', mode: 'kill-before' });
      const before = await snapshot(site);
      await cluster.patchDeployment({ spec: { strategy: { type: 'Recreate', rollingUpdate: null } } });
      for (const args of [['--dry-run'], []]) {
        const refused = await run(site, args);
        expectCode(refused, 2);
        expect(refused.stdout + refused.stderr).to.match(/Requests will fail .*Recreate/);
      }
      expect(await snapshot(site)).to.deep.equal(before);
      const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
      await cluster.patchDeployment({ spec: { strategy: { type: 'RollingUpdate', rollingUpdate } } });
      const finished = await run(site);
      expectCode(finished, 0);
      expect(finished.stdout + finished.stderr).to.include('Finishing');
      await expectHealthy(site, 'B');
    });

    it('stopped behind the flip, and a key of the Secret is changed that no login shows: patched again, and finished @long', async () => {
      await stopAt('slot secret: flip active_slot');
      await cluster.setSecret({ 'mysql-database': 'another' });
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    });

    const stops = ['file: rename', 'kubernetes: PATCH deployment', 'slot secret: flip active_slot'];
    for (const point of stops)
      it(`stopped after "${point}", put back by hand, run again: restarted, and no request fails${longUnless(point === 'file: rename')}`, async () => {
        const before = await snapshot(site);
        const file = readFileSync(site.sqlconfFile);
        const killed = await runWithFault(site, { point, mode: 'kill-after' }, lab);
        expect(killed.code, killed.stderr).not.to.equal(0);
        await putBack(file, before.secret);
        const restart = await restartedAs();
        const load = site.load();
        const finished = await run(site);
        await letPass(500, 'no request may fail after the run either');
        const { failed, examples } = await load.stop();
        expectCode(finished, 0);
        expect(failed, examples.join('\n')).to.equal(0);
        expect(await restartedAs()).not.to.equal(restart);
        const after = await expectHealthy(site, 'B');
        expect(after.A.password, 'the slot that was left is renewed').not.to.equal(before.A.password);
      });

    it('stopped before the flip, and the pages are ill since: rolled back, nothing is renewed @long', async () => {
      const before = await snapshot(site);
      await runWithFault(site, { point: 'slot secret: flip active_slot', mode: 'kill-before' });
      await site.podFault('health-500');
      await site.restart();
      const ill = await run(site);
      await site.podFault('none');
      expectCode(ill, 12);
      expect(ill.stderr).to.include('Step 8');
      expect((await snapshot(site)).A.password).to.equal(before.A.password);
      await site.restart();
      expectCode(await run(site), 0);
    });

    /** Follows what the runs print, at most twice. */
    async function followAdvice(first: Run): Promise<string[]> {
      const done: string[] = [];
      for (let end = first; end.code !== 0;) {
        expect(done.length, `advice in vain: ${end.stderr}`).to.be.lessThan(2);
        const repairs = /[Rr]un credential-rotation --sync-db-users|Set it with --sync-db-users/.test(
          end.stderr,
        );
        done.push(repairs ? '--sync-db-users' : 'again');
        const next = await run(site, repairs ? ['--sync-db-users'] : []);
        expect(next.code === 0 || next.stderr !== end.stderr, `the same again: ${next.stderr}`).to.equal(
          true,
        );
        end = next;
      }
      return done;
    }

    it('held after the cut-over, and the live password is another one in the database: let in by the other slot', async () => {
      const { B } = await snapshot(site);
      await stopAt('file: rename');
      await alterPassword(lab, B.username, 'Changed-in-the-database-1');
      expect(await followAdvice(await run(site))).to.deep.equal([]);
      await expectHealthy(site, 'A');
    });

    it('no password of either slot works any more: the run names the repair, which lets OpenEMR in', async () => {
      const { A, B } = await snapshot(site);
      await stopAt('file: rename');
      for (const { username } of [A, B]) await alterPassword(lab, username, 'Changed-in-the-database-1');
      const first = await run(site);
      expectCode(first, 2);
      const back = await run(site, ['rollback', '--yes']);
      expectCode(back, 2);
      expect(back.stderr).to.include('run credential-rotation --sync-db-users');
      expect(await followAdvice(first)).to.deep.equal(['--sync-db-users']);
      const { file } = await snapshot(site);
      expect(await site.canLogin(file.login, file.pass)).to.equal(true);
      expectCode(await run(site), 0);
      const { active } = await snapshot(site);
      await expectHealthy(site, active === 'A' ? 'A' : 'B');
    });

    it('a Secret that was stale before, and pods that are ill after: rolled back, and the Secret gets the login of the file @long', async () => {
      const { A } = await snapshot(site);
      await cluster.setSecret({ 'mysql-password': 'Stale-for-a-long-time-1' });
      await site.podFault('health-500', { rollouts: 1 });
      const result = await run(site);
      await site.podFault('none');
      expectCode(result, 13);
      const after = await expectHealthy(site, 'A');
      expect(after.A.password).to.equal(A.password);
    });

    /** Takes the restart out of the Deployment as soon as it is there, as a GitOps controller does. */
    function undoRestarts(times: number): () => void {
      return lab.kubernetes.fault({
        verb: 'patch',
        resource: 'deployments',
        namespace: site.namespace,
        times,
        when: 'after',
        respond: 'pass',
        onDone: () => cluster.undoRestart(restartAnnotation, 'gitops-controller'),
      });
    }

    it('the restart is taken away once: restarted again in the same run @long', async () => {
      const release = undoRestarts(1);
      const result = await run(site);
      release();
      expectCode(result, 0);
      expect(result.stderr).to.include("removed this rotation's restart from the Deployment");
      await expectHealthy(site, 'B');
    });

    it('the restart is taken away each time: not for ever, and it says by whom; one run after that ends healthy @long', async () => {
      const release = undoRestarts(Infinity);
      const result = await run(site);
      release();
      expectCode(result, 12);
      expect(result.stderr).to.include('gitops-controller (field manager) changed its pod template');
      expectCode(await run(site), 0);
      const { active } = await snapshot(site);
      await expectHealthy(site, active === 'A' ? 'A' : 'B');
    });
  });
}
