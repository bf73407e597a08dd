import { expect } from 'chai';
import type { Outcome } from '../../../src/base/failure';
import { Failure } from '../../../src/base/failure';
import { planRollback } from '../../../src/rotation/planRotation';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import type { StepNumber } from '../../../src/rotation/steps';
import { onFailure, cancelled } from '../../../src/run/onFailure';
import type { RunResult } from '../../../src/run/request';
import type { UpdateRequest, UpdateResult } from '../../../src/engine/update';
import { writesIn } from '../handMade/faults';
import type { Case } from './failures';
import { moved, phases } from './failures';
import type { RunThere, Situation } from './situation';
import { runIn } from './situation';

/** Ends of the rollback's own update. */
type Rollback = (request: UpdateRequest) => UpdateResult;

const done: Rollback = () => ({ kind: 'done', steps: [] });

async function endOf(
  there: RunThere,
  {
    failure = 'before-switch',
    resumed: isResumed = false,
    kind = 'rotate',
    staysOn,
    step,
    furthest,
    reached,
  }: Partial<Case>,
  rollback: Rollback = done,
): Promise<{ failure: Failure | undefined; back: PlannedRotation[] }> {
  const { request, world, stack, planned } = there;
  const changed = kind === 'rollback' ? planRollback(planned, 'run-2', new Date(0)) : planned;
  const plan = { ...changed.plan, kind, ...(staysOn === undefined ? {} : { from: staysOn, to: staysOn }) };
  const ended: RunResult = {
    planned: { plan, material: changed.material },
    resumed: isResumed,
    steps: [],
    failure: new Failure('uncoded', 'It went wrong.', { outcome: failure }),
  };
  const rollbacks: PlannedRotation[] = [];
  const update = async (asked: UpdateRequest): Promise<UpdateResult> => {
    rollbacks.push(asked.planned);
    return rollback(asked);
  };
  const at = { step, furthest, reached: reached ?? furthest };
  const result = await onFailure(request, world, stack, ended, at, update);
  expect(writesIn(there.made.log), 'the policy itself writes nothing').to.deep.equal([]);
  return { failure: result.failure, back: rollbacks };
}

describe('after a failure', () => {
  let there: RunThere | undefined;
  const run = async (situation: Situation, signal?: AbortSignal): Promise<RunThere> =>
    (there = await runIn(situation, signal));
  afterEach(async () => {
    await there?.close();
    there = undefined;
  });

  for (const [phase, cases] of Object.entries(phases))
    describe(phase, () => {
      for (const each of cases)
        it(`${each.name}: ${each.ends}`, async () => {
          const { failure, back: rollbacks } = await endOf(await run(each), each);
          expect(failure?.message).to.match(each.says);
          expect(failure?.outcome).to.equal(each.ends);
          expect(rollbacks).to.have.lengthOf(each.goesBack ? 1 : 0);
        });
    });

  describe('the rollback', () => {
    const atHealth = { step: 8, furthest: 8 } as const;

    it('is of the state before, under an id and a restart token of its own, and is told of', async () => {
      const { planned, news } = await run(moved);
      const {
        back: [plan],
      } = await endOf(there as RunThere, atHealth);
      expect(plan?.plan).to.include({
        kind: 'rollback',
        undoes: 'run-1',
        from: 'B',
        to: 'A',
        renew: null,
        rotateAdmin: false,
      });
      expect(plan?.plan.restartToken).not.to.equal(planned.plan.restartToken);
      expect(plan?.material.before).to.deep.equal(planned.material.before);
      expect(news[0]).to.include({ kind: 'rolling-back', step: 8 });
    });

    it('is not held to the plan of the engine that was saved for the rotation', async () => {
      const { request, planned } = await run(moved);
      request.savedPlan = { formatVersion: 1, plan: planned.plan, engine: {} };
      const asked: UpdateRequest[] = [];
      await endOf(there as RunThere, atHealth, (each) => {
        asked.push(each);
        return done(each);
      });
      expect(asked.map(({ savedPlan }) => savedPlan)).to.deep.equal([undefined]);
    });

    it('leaves no Secret that was stale before: it gets the login that works', async () => {
      const { made } = await run({ file: 'B', secret: 'stale' });
      const {
        back: [plan],
      } = await endOf(there as RunThere, atHealth);
      expect(plan?.material.before.kubernetesSecret).to.include({
        'mysql-user': 'openemr_a',
        'mysql-password': 'Slot-A-1',
      });
      expect(made.log).to.include('login openemr_a refused');
    });

    const failed =
      (outcome: Outcome, message: string, step?: StepNumber): Rollback =>
      ({ planned }) => ({
        ...{
          kind: 'failed',
          step,
          furthest: step,
          failure: new Failure('uncoded', message, { outcome }),
          steps: [],
        },
        past: { id: planned.plan.id, ends: [] },
      });
    const ends: [string, Rollback, RegExp][] = [
      [
        'that fails, too',
        failed('timeout', 'Not ready.', 7),
        /It went wrong\. The rollback did not finish either \(Not ready\.\) OpenEMR runs on openemr_b, which works\. Run again to finish the rollback\.$/,
      ],
      [
        'that fails for the same reason',
        failed('timeout', 'It went wrong.', 7),
        /did not finish either \(for the same reason\)/,
      ],
      [
        'that was not begun',
        failed('unexpected', 'No engine.'),
        /did not begin either \(No engine\.\) .* Run again: it finishes the rotation, or goes back\.$/,
      ],
      ['whose lock is lost', failed('locked', 'Lost.', 5), /did not finish either \(Lost\.\)/],
    ];
    for (const [name, rollback, says] of ends)
      it(`${name}: held`, async () => {
        const { failure } = await endOf(await run(moved), atHealth, rollback);
        expect(failure?.message).to.match(says);
        expect(failure?.outcome).to.equal('held');
      });

    it('that a signal stops: cancelled, and the next run finishes it', async () => {
      const stop = new AbortController();
      const rollback: Rollback = (request) => {
        stop.abort();
        return failed('unexpected', 'Stopped.', 6)(request);
      };
      const { failure } = await endOf(await run(moved, stop.signal), atHealth, rollback);
      expect(failure?.outcome).to.equal('cancelled');
      expect(failure?.message).to.match(
        /^Step 8 failed\. It went wrong\. Stopped by a signal in step 6 of this rollback; .* Run again to finish this rollback\.$/,
      );
    });

    it('that loses its lock meanwhile: held, for that reason', async () => {
      const stop = new AbortController();
      const rollback: Rollback = (request) => {
        stop.abort(new Failure('lock-held', 'This run lost its lock.'));
        return failed('unexpected', 'Stopped.', 6)(request);
      };
      const { failure } = await endOf(await run(moved, stop.signal), atHealth, rollback);
      expect(failure?.outcome).to.equal('held');
      expect(failure?.message).to.include('(This run lost its lock.)');
    });
  });

  describe('a run that a signal stopped', () => {
    for (const [at, says] of [
      [
        { step: undefined, furthest: undefined },
        /^Stopped by a signal before the first step of this rotation; OpenEMR runs on openemr_b, which works\. Run again\.$/,
      ],
      [
        { step: undefined, furthest: 7 },
        /^Stopped by a signal in step 7 of this rotation; .* Run again to finish this rotation\.$/,
      ],
      [{ step: 5, furthest: 7 }, /in step 5 of this rotation/],
    ] as const)
      it(`says where, and what is live: step ${at.step}, furthest ${at.furthest}`, async () => {
        const { request } = await run(moved);
        const failure = await cancelled(request, at);
        expect(failure.outcome).to.equal('cancelled');
        expect(failure.message).to.match(says);
      });
  });
});
