import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { Slot } from '../../../src/rotation/slot';
import { joinedResult, updateWithOtherPassword } from '../../../src/run/retryPassword';
import type { FailedUpdate, UpdateRequest, UpdateResult } from '../../../src/engine/update';
import type { StepNumber } from '../../../src/rotation/steps';
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

describe('two updates of one run', () => {
  const past = { id: 'run-1', ends: [] };
  const failed = (step: StepNumber, furthest: StepNumber): FailedUpdate => ({
    ...{ kind: 'failed', step, furthest, failure: refused, steps: [], past },
  });

  it('have come as far as the further one', () => {
    expect(joinedResult(failed(10, 10), failed(4, 4))).to.include({ step: 4, furthest: 10 });
    expect(joinedResult(failed(7, 7), failed(8, 8))).to.include({ step: 8, furthest: 8 });
    expect(joinedResult(failed(10, 10), { kind: 'done', steps: [] })).to.deep.equal({
      kind: 'done',
      steps: [],
    });
  });

  it('the second goes on with the restart that the first ended with', async () => {
    const { plan, material } = plannedIn(worldOn('A'));
    const restarted = { plan: { ...plan, restartToken: 'again/2' }, material };
    const tokens: string[] = [];
    const update = async ({ planned }: UpdateRequest): Promise<UpdateResult> => {
      tokens.push(planned.plan.restartToken);
      return tokens.length === 1 ? { ...failed(10, 10), planned: restarted } : { kind: 'done', steps: [] };
    };
    const { planned } = await updateWithOtherPassword({ planned: { plan, material } } as UpdateRequest, {
      secrets: { describe: async () => ({ arn: '', stages: { v0: ['AWSCURRENT'] } }) },
      tell: () => undefined,
      update,
    });
    expect(tokens).to.deep.equal([plan.restartToken, 'again/2']);
    expect(planned.plan.restartToken).to.equal('again/2');
  });
});

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
