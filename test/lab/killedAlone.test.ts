import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import { enginesOf, processesOf, programsOf, runUntil, signalAll } from './support/runProcesses';
import { expectCode, expectHealthy, expectNoSecret } from './support/world';
import { until } from './support/until';

/** What is left of a run after so long counts as left for good, in ms. */
const endsWithinMs = 10_000;

describe('one process of a run is killed alone, with kill -9', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ progressDeadlineSeconds: 20 });
  });
  after(async () => {
    signalAll(processesOf(site), 'SIGKILL');
    await site.remove();
  });

  /** Starts a rotation, and does something to it when what it has told fits. */
  const runWith = (moment: RegExp, action: (command: number) => void): Promise<Run> =>
    runUntil(site, moment, action, 'exit');

  async function expectNoneLeft(): Promise<void> {
    const gone = until('all have ended', () => processesOf(site).length === 0, { limitMs: endsWithinMs });
    await gone.catch(() => undefined);
    expect(programsOf(site), 'left of the run').to.deep.equal([]);
  }

  it('the command, with an engine and plugins that hang: they end within 10 s, the next run ends well', async () => {
    let seen: string[] = [];
    const killed = await runWith(/ 7\/11 [^\n]*…/, (command) => {
      seen = programsOf(site);
      const others = processesOf(site).filter((pid) => pid !== command);
      signalAll(others, 'SIGSTOP');
      process.kill(command, 'SIGKILL');
    });
    expect(killed.signal).to.equal('SIGKILL');
    expect(seen.join(' '), 'at work').to.match(
      /pulumi .*pulumi-resource-kubernetes|pulumi-resource-kubernetes .*pulumi/,
    );
    await expectNoneLeft();
    expectCode(await run(site), 0);
    await expectNoneLeft();
  });

  const parts: [string, () => number[], RegExp][] = [
    ['the engine', () => enginesOf(site), /The Pulumi engine was ended from outside by SIGKILL/],
    [
      'the kubernetes plugin',
      () => processesOf(site, /pulumi-resource-kubernetes/),
      /Step 7, restart the Deployment, failed \(.*\); remove the cause and run again/,
    ],
  ];
  for (const [name, pids, why] of parts)
    it(`${name}, at the restart: rolled back, and it says why; nothing is left, the next run ends well${longUnless(name === 'the engine')}`, async () => {
      let count = 0;
      // When its request is on the way, and before its answer: only so it is always missed.
      const remove = lab.kubernetes.fault({
        verb: 'patch',
        resource: 'deployments',
        namespace: site.namespace,
        times: 1,
        when: 'before',
        respond: 'pass',
        onMatch: () => {
          const found = pids();
          count = found.length;
          signalAll(found, 'SIGKILL');
          return Promise.resolve();
        },
      });
      const failed = await run(site).finally(remove);
      expect(count, 'processes killed').to.be.greaterThan(0);
      expectCode(failed, 13);
      expect(failed.stderr)
        .to.match(/✗ Step 7 failed\./)
        .and.match(why);
      expect(failed.stderr).not.to.match(/urn:pulumi|stderr:|^\s+at /m);
      expectNoSecret(site.canaries(), { stdout: failed.stdout, stderr: failed.stderr });
      await expectNoneLeft();
      expectCode(await run(site), 0);
      const { login } = await site.sqlconf();
      await expectHealthy(site, login === site.users.A ? 'A' : 'B');
    });
});
