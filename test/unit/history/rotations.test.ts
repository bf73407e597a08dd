import { expect } from 'chai';
import fc from 'fast-check';
import type { HistoryEntry } from '../../../src/history/entries';
import { readEntries } from '../../../src/history/entries';
import type { PastRotation } from '../../../src/history/pastRotation';
import type { StateOfLast } from '../../../src/history/rotations';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import { pastRotations } from '../../../src/history/rotations';
import { stateOfLast } from '../../../src/engine/history';
import { planKey } from '../../../src/engine/workspace';
import { entryOf, minutes, pastOf, planAt } from './made';
import { recorded } from './recorded';

const entries = readEntries(recorded.history, planKey);

/** The history as it was when the state of this name was exported. */
function asOf(name: keyof typeof recorded.states): PastRotation[] {
  const last = stateOfLast(recorded.states[name]);
  const until =
    Math.max(...recorded.states[name].resources.map((each) => Date.parse(modifiedOf(each)))) + 2000;
  return pastRotations(
    entries.filter(({ endedAt }) => Date.parse(endedAt) <= until),
    last,
  );
}

function modifiedOf(resource: object): string {
  return 'modified' in resource ? String(resource.modified) : '';
}

describe('pastRotations, with what was noted of failures', () => {
  const plan = planAt(0);
  const held = entryOf(plan, 0, 1, false);
  const past = pastOf(plan, [2, 3, 4, 5, 6, 7, 8, 9]);
  const failed = { step: 10 as const, at: minutes(1), message: 'still in use.' };
  const failures = new Map([[plan.id, failed]]);

  it('says why a rotation is held, and at which step', () => {
    const [rotation] = pastRotations([held], { plan, past, finished: false }, { failures });
    expect(rotation).to.deep.include({ result: 'held', failure: { step: 10, message: 'still in use.' } });
    expect(rotation?.steps?.map(({ status }) => status).slice(8)).to.deep.equal([
      'done',
      'failed',
      'not-reached',
    ]);
  });

  it('still says it of one that was finished since, whose steps are all well', () => {
    const finished = { plan, past, finished: true };
    const [rotation] = pastRotations([held, entryOf(plan, 5, 6, true)], finished, { failures });
    expect(rotation).to.deep.include({ result: 'rotated', failure: { step: 10, message: 'still in use.' } });
    expect(rotation?.steps?.map(({ status }) => status)).not.to.include('failed');
  });

  it('says why the rollback of a rotation is held', () => {
    const undo: RotationPlan = {
      ...planAt(2),
      kind: 'rollback',
      undoes: plan.id,
      previous: { ...past, failed: { step: 8, at: minutes(1), message: 'not healthy.' } },
    };
    const notes = new Map([[undo.id, { step: 7 as const, at: minutes(3), message: 'no quota.' }]]);
    const last = { plan: undo, past: pastOf(undo, [5, 6]), finished: false };
    const [rotation] = pastRotations([held, entryOf(undo, 2, 3, false)], last, { failures: notes });
    expect(rotation).to.deep.include({ result: 'held', failure: { step: 8, message: 'not healthy.' } });
    expect(rotation?.rollback?.failure).to.deep.equal({ step: 7, message: 'no quota.' });
  });
});

describe('pastRotations, with a plan that waited for its review', () => {
  const plan = planAt(0);
  const run = planAt(60);
  const ends = pastOf(run, [3, 4, 5]).ends;

  it('begins with the run, and so do its steps', () => {
    const past = { id: plan.id, begun: minutes(60), ends };
    const finished = { plan, past, finished: true };
    const [rotation] = pastRotations([entryOf(plan, 60, 61, true)], finished);
    expect(rotation).to.include({ startedAt: minutes(60), seconds: 60 });
    expect(rotation?.steps?.[2]).to.include({ startedAt: minutes(60), ms: 3000 });
  });

  it('also when that run was killed: by what it wrote first', () => {
    const past = { id: plan.id, begun: minutes(60), ends };
    const [rotation] = pastRotations([], { plan, past, finished: false });
    expect(rotation).to.include({ startedAt: minutes(60), result: 'unfinished' });
    expect(rotation?.runs).to.deep.equal([
      { startedAt: minutes(60), endedAt: null, succeeded: false, by: plan.by },
    ]);
  });

  it('a plan that was carried out at once begins when it was made, for the history cuts seconds off', () => {
    const late = { ...plan, startedAt: minutes(0.01) };
    const [rotation] = pastRotations([entryOf(late, 0, 1, true)], undefined);
    expect(rotation?.startedAt).to.equal(minutes(0.01));
  });
});

describe('pastRotations, on what a real engine answered', () => {
  const all = asOf('rotated2');

  it('makes one rotation of all updates of a plan and of its rollback', () => {
    expect(entries).to.have.length(9);
    expect(all.map(({ result, runs, from, to }) => [`${from}${to}`, result, runs.length])).to.deep.equal([
      ['AB', 'rotated', 1],
      ['BA', 'rotated', 2],
      ['AB', 'rotated', 2],
      ['BA', 'rotated', 2],
      ['BA', 'rolled-back', 1],
      ['AB', 'rotated', 1],
    ]);
  });

  it('knows who ran it and how long each step took', () => {
    expect(all.map(({ by }) => by)).to.deep.equal(Array(6).fill('root@vm'));
    for (const { steps, seconds, result } of all.filter((each) => each.result === 'rotated')) {
      expect(
        steps?.map(({ status }) => status),
        result,
      ).to.deep.equal(Array(11).fill('done'));
      const sum = steps?.reduce((ms, step) => ms + (step.ms ?? 0), 0) ?? 0;
      expect(sum).to.be.within(5000, (seconds ?? 0) * 1000 + 1500);
    }
  });

  it('says which step failed and why, and how the way back went', () => {
    const back = all.find(({ result }) => result === 'rolled-back');
    expect(back?.failure?.step).to.equal(8);
    expect(back?.failure?.message).to.match(/answers with HTTP 500/);
    expect(back?.steps?.map(({ status }) => status).slice(7)).to.deep.equal([
      'failed',
      'not-reached',
      'not-reached',
      'not-reached',
    ]);
    expect(back?.rollback?.succeeded).to.equal(true);
    expect(back?.rollback?.steps?.slice(4, 8).every(({ status }) => status === 'done')).to.equal(true);
    expect(back?.renewed).to.deep.equal([]);
  });

  it('shows a killed run, which left no entry, by what it did', () => {
    const [killed] = asOf('killed');
    expect(killed?.result).to.equal('unfinished');
    expect(killed?.endedAt).to.equal(null);
    expect(
      killed?.steps?.filter(({ status }) => status === 'done').map(({ number }) => number),
    ).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    const finished = all.find(({ id }) => id === killed?.id);
    expect(finished?.runs.map(({ endedAt, succeeded }) => [endedAt === null, succeeded])).to.deep.equal([
      [true, false],
      [false, true],
    ]);
  });

  it('calls a run held that stopped after the switch, from the state alone', () => {
    const [held] = asOf('held');
    expect(held?.result).to.equal('held');
    expect(
      held?.steps?.find(({ status, number }) => number > 2 && status === 'not-reached')?.number,
    ).to.equal(9);
    expect(held?.renewed).to.deep.equal([]);
  });

  it('has a rolled back rotation right also when the rollback is the last in the state', () => {
    const [back] = asOf('rolled-back');
    expect(back?.result).to.equal('rolled-back');
    expect(back?.rollback?.steps?.[6]?.status).to.equal('done');
  });
});

describe('pastRotations, on cases that are hard to have', () => {
  const plan = planAt(0);
  const of = (list: HistoryEntry[], last?: StateOfLast): PastRotation | undefined =>
    pastRotations(list, last)[0];

  it('a failure before the switch', () => {
    const failed = entryOf(plan, 0, 1, false);
    const last = { plan, finished: false, past: pastOf(plan, [2, 3]) };
    expect(of([failed], last)?.result).to.equal('before-switch');
    // The next plan takes along what was known.
    const next = { ...planAt(60), previous: pastOf(plan, [2, 3]) };
    expect(pastRotations([failed, entryOf(next, 60, 61, true)], undefined)[1]?.result).to.equal(
      'before-switch',
    );
  });

  it('a failure of which nobody knows the step', () => {
    const found = of([entryOf(plan, 0, 1, false)]);
    expect(found).to.include({ result: 'failed', steps: null, endedAt: minutes(1) });
  });

  it('a plan that only the state has: the run is under way, or was killed at once', () => {
    expect(of([], { plan, finished: false, past: pastOf(plan, []) })?.result).to.equal('unfinished');
  });

  it('a rollback that did not finish is held; one that was killed is unfinished', () => {
    const back = {
      ...planAt(2),
      kind: 'rollback' as const,
      undoes: plan.id,
      from: 'B' as const,
      to: 'A' as const,
    };
    const failed = entryOf(plan, 0, 2, false);
    expect(of([failed, entryOf(back, 2, 3, false)])?.result).to.equal('held');
    const killed = of([failed], { plan: back, finished: false, past: pastOf(back, [2, 5]) });
    expect(killed).to.include({ result: 'unfinished', id: plan.id, endedAt: null });
  });

  it('what the operator asked for is done, not rotated', () => {
    expect(of([entryOf({ ...plan, kind: 'sync' }, 0, 1, true)])?.result).to.equal('done');
    expect(of([entryOf({ ...plan, kind: 'switch-back' }, 0, 1, true)])?.result).to.equal('done');
  });

  it('a step that found nothing to do', () => {
    const past = pastOf(plan, [2, 3, 4, 6, 7, 8, 9, 10, 11]);
    const found = of([entryOf(plan, 0, 20, true)], { plan, finished: true, past });
    expect(found?.steps?.[4]).to.deep.equal({ number: 5, status: 'unchanged' });
  });

  it('an older version’s plan: no step times, nobody known', () => {
    const old = { ...plan };
    delete old.by;
    const found = of([{ ...entryOf(old, 0, 1, true), by: undefined }]);
    expect(found).to.include({ result: 'rotated', by: null, steps: null });
    expect(found?.renewed.map(({ account, at }) => [account, at])).to.deep.equal([
      ['A', minutes(1)],
      ['admin', minutes(1)],
    ]);
  });

  it('updates of others are left out, whatever they look like', () => {
    const odd = [
      null,
      1,
      {},
      { startTime: 'x' },
      { startTime: '2026-01-01T00:00:00Z', config: { [planKey]: 1 } },
    ];
    expect(readEntries(odd, planKey)).to.deep.equal([]);
    expect(readEntries('no list', planKey)).to.deep.equal([]);
    const foreign = { ...(recorded.history[0] as object), config: {} };
    expect(readEntries([foreign], planKey)).to.deep.equal([]);
  });

  it('any mix of runs gives each rotation once, the newest first, and never more steps than eleven', () => {
    const entry = fc
      .record({ plan: fc.nat(8), at: fc.nat(500), long: fc.nat(30), good: fc.boolean() })
      .map(({ plan: number, at, long, good }) => entryOf(planAt(number * 60), at, at + long, good));
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 30 }),
        fc.subarray([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (list, ends) => {
          const last = { plan: planAt(480), finished: false, past: pastOf(planAt(480), ends) };
          const found = pastRotations(list, last);
          const ids = found.map(({ id }) => id);
          expect(new Set(ids).size).to.equal(ids.length);
          expect(found.map(({ startedAt }) => startedAt)).to.deep.equal(
            found
              .map(({ startedAt }) => startedAt)
              .sort()
              .reverse(),
          );
          for (const { steps, runs } of found) {
            expect(steps?.length ?? 11).to.equal(11);
            expect(runs.length).to.be.greaterThan(0);
            for (const { ms } of steps ?? []) expect(ms ?? 0).to.be.at.least(0);
          }
        },
      ),
    );
  });
});
