import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { rolloutProof } from '../../../../src/steps/07-restart/apply';
import { expectRefused, failureOf, withFaults } from '../../handMade/faults';
import type { HandMadeWorld } from '../../handMade/world';
import { openWorld, passwords } from '../../handMade/world';

const annotation = 'credential-rotation/restartedAt';

/** A Deployment of two replicas, restarted under a token. */
function deployment(token: string, updated: number, more: object = {}): Record<string, unknown> {
  const metadata = { annotations: { [annotation]: token } };
  const counts = { updatedReplicas: updated, readyReplicas: 2, availableReplicas: 2, replicas: 2 };
  return {
    metadata: { generation: 4, managedFields: [] },
    spec: { replicas: 2, selector: {}, template: { metadata } },
    status: { observedGeneration: 4, ...counts, ...more },
  };
}

describe('step 7: the proof of the restart', () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await openWorld()));
  afterEach(() => world.close());

  const apply = (timeoutSeconds?: number): Promise<unknown> => {
    const limit = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    const inputs = { context: world.context, run: 'run-1', annotation, token: 'mine', ...limit };
    return withFaults(world, undefined, () => rolloutProof.apply(inputs));
  };

  it('ends when all replicas are of the newest generation, and nothing is written', async () => {
    world.kubernetes.deployment = deployment('mine', 2);
    const outs = (await apply()) as { measured: { waitedMs: number } };
    expect(outs.measured.waitedMs).to.be.within(0, 5000);
    const pods = { wanted: 2, updated: 2, ready: 2, available: 2, generation: 4 };
    expect(outs).to.deep.equal({
      token: 'mine',
      measured: { ...pods, waitedMs: outs.measured.waitedMs },
    });
    expect(world.log).to.deep.equal([]);
  });

  it('waits for what is not ready yet', async () => {
    world.kubernetes.deployment = deployment('mine', 1);
    let ended = false;
    const proof = apply().then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(ended).to.equal(false);
    world.kubernetes.deployment = deployment('mine', 2);
    await proof;
  });

  it('a status of an older generation is no proof', async () => {
    world.kubernetes.deployment = deployment('mine', 2, { observedGeneration: 3 });
    await expectRefused(world, () => apply(0.05), 'rollout-timeout', /does not roll out/);
  });

  it('a restart that somebody took out is told as that, so that the run restarts again', async () => {
    world.kubernetes.deployment = deployment('of-somebody', 2);
    const failure = await failureOf(apply());
    expect(failure).to.include({ code: 'restart-undone' });
  });

  it('a limit that passes, or a Deployment that says it does not progress', async () => {
    world.kubernetes.deployment = deployment('mine', 1);
    await expectRefused(world, () => apply(0.05), 'rollout-timeout', /1 updated, 2 available of 2/);
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out.' },
    ];
    setTimeout(() => (world.kubernetes.deployment = deployment('mine', 1, { conditions })), 120);
    await expectRefused(world, () => apply(), 'rollout-timeout', /does not roll out: timed out;/);
  });

  it('that the rollout was given up before this run says nothing of now: the cause may be gone', async () => {
    const gaveUp = (lastUpdateTime: string): object => ({
      conditions: [
        {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: 'timed out.',
          lastUpdateTime,
        },
      ],
    });
    world.kubernetes.deployment = deployment('mine', 1, gaveUp('2026-03-01T00:00:00Z'));
    setTimeout(() => (world.kubernetes.deployment = deployment('mine', 2)), 200);
    await apply();
    world.kubernetes.deployment = deployment('mine', 1, gaveUp('2026-03-01T00:00:00Z'));
    setTimeout(
      () => (world.kubernetes.deployment = deployment('mine', 1, gaveUp('2026-03-01T00:10:00Z'))),
      200,
    );
    await expectRefused(world, () => apply(), 'rollout-timeout', /does not roll out: timed out;/);
    world.kubernetes.deployment = deployment('mine', 1, gaveUp('2026-03-01T00:00:00Z'));
    await expectRefused(world, () => apply(0.3), 'rollout-timeout', /does not roll out: timed out;/);
  });

  it('a page that was good and says only "broken" ends it; one that was not, or with a restart that takes all pods down, does not', async () => {
    const server = createServer((_request, response) => response.writeHead(500).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
    await world.writeFile(world.login('openemr_b', passwords.B));
    const rollsOut = deployment('mine', 1);
    const recreates = {
      ...rollsOut,
      spec: { ...(rollsOut['spec'] as object), strategy: { type: 'Recreate' } },
    };
    const ends = async (deployed: object, before: object): Promise<string> => {
      world.kubernetes.deployment = { ...deployed };
      const page = { url, before: { url, failing: [], ...before } };
      const inputs = { context: world.context, run: 'run-1', annotation, token: 'mine', timeoutSeconds: 5 };
      return (await failureOf(rolloutProof.apply({ ...inputs, page }))).code;
    };
    expect(await ends(rollsOut, {})).to.equal('health-page-bad');
    expect(await ends(rollsOut, { fault: 'broken' })).to.equal('rollout-timeout');
    expect(await ends(recreates, {})).to.equal('rollout-timeout');
    server.close();
  }).timeout(30_000);

  it('is made anew in each run, also where an earlier run of the rotation has made it', async () => {
    expect(await rolloutProof.diff({ run: 'first' }, { run: 'second' })).to.equal(true);
    expect(await rolloutProof.diff({ run: 'first' }, { run: 'first' })).to.equal(false);
  });
});
