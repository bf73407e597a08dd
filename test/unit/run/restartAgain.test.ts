import { expect } from 'chai';
import type { UpdateRequest, UpdateResult } from '../../../src/engine/update';
import { Failure } from '../../../src/base/failure';
import { updateRestartingAgain } from '../../../src/run/restartAgain';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';

const taken = new Failure('restart-undone', 'Somebody took it out.');
const { plan, material } = plannedIn(worldOn('A'));

/** Runs with updates that end so, one after the other; the last end stays. */
async function carriedOut(
  ends: (Failure | undefined)[],
  signal?: AbortSignal,
): Promise<{ tokens: string[]; told: number; result: UpdateResult }> {
  const asked: UpdateRequest[] = [];
  const update = async (request: UpdateRequest): Promise<UpdateResult> => {
    const failure = ends[Math.min(asked.length, ends.length - 1)];
    asked.push(request);
    const past = { id: plan.id, ends: [] };
    return failure
      ? { kind: 'failed', step: 7, furthest: 7, failure, steps: [], past }
      : { kind: 'done', steps: [] };
  };
  const request = {
    planned: { plan, material },
    savedPlan: { formatVersion: 1, plan },
    ...(signal === undefined ? {} : { signal }),
  } as unknown as UpdateRequest;
  let told = 0;
  const result = await updateRestartingAgain(request, () => (told += 1), update);
  asked.forEach(({ savedPlan, planned }, index) => {
    expect(savedPlan === undefined, 'a saved plan is only for the first').to.equal(index > 0);
    expect(planned.plan.id).to.equal(plan.id);
    expect(planned.material).to.equal(material);
  });
  return { tokens: asked.map(({ planned }) => planned.plan.restartToken), told, result };
}

describe('a restart that somebody takes out of the Deployment', () => {
  const token = plan.restartToken;

  it('is made again under a new token, and told', async () => {
    const { tokens, told, result } = await carriedOut([taken, undefined]);
    expect(tokens).to.deep.equal([token, `${token}/2`]);
    expect([told, result.kind]).to.deep.equal([1, 'done']);
  });

  it('each time: after three the run ends by that', async () => {
    const { tokens, told, result } = await carriedOut([taken]);
    expect(tokens).to.deep.equal([token, `${token}/2`, `${token}/3`]);
    expect(told).to.equal(2);
    expect(result.kind === 'failed' && result.failure).to.equal(taken);
  });

  it('is not made again for any other failure, nor after a signal', async () => {
    expect((await carriedOut([new Failure('rollout-timeout', 'Not ready.')])).tokens).to.deep.equal([token]);
    expect((await carriedOut([taken], AbortSignal.abort())).tokens).to.deep.equal([token]);
    expect((await carriedOut([undefined])).told).to.equal(0);
  });
});
