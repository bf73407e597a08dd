import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { killRun } from '../faults/killRun';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { expectCode, expectHealthy, snapshot } from './support/world';

const hookFile = path.join(__dirname, '..', 'faults', 'hook.js');

/** The writes of a rollback. Its first record is made before them, so the next run knows that it goes back. */
const points = [
  ['file: rename', 'kill-before'],
  ['file: rename', 'kill-after'],
  ['secrets', 'kill-after'],
  ['deployments', 'kill-after'],
] as const;

// The kind of database does not matter here.
for (const database of databases.slice(0, 1)) {
  describe(`a rollback is killed (${database})`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;

    beforeEach(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1, progressDeadlineSeconds: 10 });
    });
    afterEach(() => site.remove());

    /** A rotation whose pods are ill, killed in its rollback; the pods that come after it are well. */
    async function killedInRollback(point: string, mode: string): Promise<void> {
      const before = await snapshot(site);
      const runId = `${site.name}-rollback`;
      const armed = path.join(site.folder, 'rolling-back');
      const rule = { namespace: site.namespace, verb: 'patch', when: 'after', respond: 'pass' } as const;
      // What follows the restart of the switch is the proof, which fails, and the rollback.
      const arming = lab.kubernetes.fault({
        ...rule,
        resource: 'deployments',
        times: 1,
        onDone: () => writeFileSync(armed, ''),
      });
      const killing =
        point === 'file: rename'
          ? (): void => undefined
          : lab.kubernetes.fault({
              ...rule,
              resource: point,
              // Where the rule above takes the first one, this one sees the second only.
              skip: point === 'secrets' ? 1 : 0,
              times: 1,
              onDone: () => killRun(runId),
            });
      await site.podFault('health-500', { rollouts: 1 });
      const killed = await run(site, [], {
        NODE_OPTIONS: `--require ${hookFile}`,
        FAULT_RUN: runId,
        FAULT_POINT: point,
        FAULT_MODE: mode,
        FAULT_ARMED: armed,
      });
      arming();
      killing();
      await site.podFault('none');
      expect(killed.signal, killed.stderr).to.equal('SIGKILL');
      expect(killed.stderr).to.include('Rolling back').and.not.to.include('Rolled back');
      const left = await snapshot(site);
      expect(left.slots, 'nothing was retired').to.deep.equal(before.slots);
    }

    for (const [point, mode] of points) {
      it(`at "${point}" (${mode}): the next run finishes the rollback, then rotates, and no login fails${longUnless(mode === 'kill-after' && point.startsWith('file'))}`, async () => {
        const canary = site.canary();
        await killedInRollback(point, mode);
        const next = await run(site, ['--log-json']);
        expectCode(next, 0);
        expect(next.stdout).to.include('"kind":"rollback"').and.to.include('"kind":"rotate"');
        await expectHealthy(site, 'B');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.join('\n')).to.equal(0);
      });
    }

    it('and the rotation after it is refused: the end says that the rollback is finished', async () => {
      const { A } = await snapshot(site);
      await killedInRollback('file: rename', 'kill-before');
      const strategy = { type: 'Recreate', rollingUpdate: null };
      await new Cluster(lab, site).patchDeployment({ spec: { strategy } });
      const next = await run(site);
      expectCode(next, 2);
      expect(next.stderr)
        .to.match(
          /The rollback that was cut off is finished; .* did not begin\. Requests will fail .*Recreate/,
        )
        .and.to.include(A.username)
        .and.not.to.include('Nothing was changed');
      await expectHealthy(site, 'A');
    });
  });
}
