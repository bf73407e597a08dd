import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { Slot } from '../../../src/rotation/slot';
import { updateWithOtherPassword } from '../../../src/run/retryPassword';
import type { UpdateRequest, UpdateResult } from '../../../src/engine/update';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';

const refused = new Failure('password-refused', 'refused', { slot: 'B' });

/** Runs with updates that end so, one after the other. */
async function carriedOut(
  ends: (Failure | undefined)[],
  { stages = { v0: ['AWSCURRENT'] }, aborted = false } = {},
): Promise<{ again: (Partial<Record<Slot, number>> | undefined)[]; kind: UpdateResult['kind'] }> {
  const again: (Partial<Record<Slot, number>> | undefined)[] = [];
  const update = async ({ planned, savedPlan }: UpdateRequest): Promise<UpdateResult> => {
    expect(savedPlan === undefined, 'a saved plan is only for the first').to.equal(again.length > 0);
    again.push(planned.plan.again);
    const failure = ends.shift();
    const past = { id: planned.plan.id, ends: [] };
    return failure
      ? { kind: 'failed', step: 4, furthest: 4, failure, steps: [], past }
      : { kind: 'done', steps: [] };
  };
  const { plan, material } = plannedIn(worldOn('A'));
  const request = {
    planned: { plan, material },
    savedPlan: { formatVersion: 1, plan },
    signal: aborted ? AbortSignal.abort() : new AbortController().signal,
  } as unknown as UpdateRequest;
  const secrets = { describe: async () => ({ arn: '', stages }) };
  const { planned, result } = await updateWithOtherPassword(request, {
    secrets,
    tell: () => undefined,
    update,
  });
  expect(planned.plan.again).to.deep.equal(again.at(-1));
  return { again, kind: result.kind };
}

describe('updateWithOtherPassword', () => {
  it('one update where nothing is refused', async () =>
    expect(await carriedOut([undefined])).to.deep.equal({ again: [undefined], kind: 'done' }));
  it('a refused password: once more with another', async () =>
    expect(await carriedOut([refused, undefined])).to.deep.equal({
      again: [undefined, { B: 1 }],
      kind: 'done',
    }));
  it('refused again: then it stops', async () =>
    expect(await carriedOut([refused, refused, undefined])).to.deep.equal({
      again: [undefined, { B: 1 }],
      kind: 'failed',
    }));
  it('any other failure ends it', async () =>
    expect((await carriedOut([new Failure('database-unreachable', 'x')])).again).to.have.lengthOf(1));
  it('somebody else changed the slot secret: no second try', async () =>
    expect(
      (await carriedOut([refused], { stages: { v0: [], v9: ['AWSCURRENT'] } } as never)).again,
    ).to.have.lengthOf(1));
  it('stopped by a signal: no second try', async () =>
    expect((await carriedOut([refused], { aborted: true })).again).to.have.lengthOf(1));
});
