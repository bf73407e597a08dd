import { expect } from 'chai';
import { exitCodes } from '../../../src/base/failure';
import type { Outcome } from '../../../src/base/failure';
import { memberResult, readLogLine } from '../../../src/fleet/childLog';
import type { MemberOutcome } from '../../../src/rotation/ends';
import { countsOf, fleetOutcome } from '../../../src/fleet/outcome';

describe('fleetOutcome', () => {
  const expected: [MemberOutcome[], Outcome][] = [
    [[], 'done'],
    [['done', 'not-due'], 'done'],
    [['rolled-back', 'held', 'unexpected'], 'held'],
    [['configuration', 'rolled-back', 'killed'], 'rolled-back'],
    [['locked', 'killed', 'done'], 'unexpected'],
    [['locked', 'permission'], 'permission'],
    [['done', 'not-started', 'before-switch'], 'before-switch'],
    [['done', 'not-started'], 'cancelled'],
  ];
  for (const [outcomes, outcome] of expected)
    it(`of ${outcomes.join(', ') || 'nothing'} is ${outcome}`, () => {
      expect(fleetOutcome(outcomes)).to.equal(outcome);
    });

  it('is done for no other outcome than done and not-due', () => {
    for (const outcome of Object.keys(exitCodes) as Outcome[])
      expect(fleetOutcome([outcome, 'done']), outcome).to.equal(outcome);
  });

  it('after a signal is cancelled, but never hides what is held or was rolled back', () => {
    expect(fleetOutcome(['done', 'unexpected', 'not-started'], true)).to.equal('cancelled');
    expect(fleetOutcome(['done'], true)).to.equal('cancelled');
    expect(fleetOutcome(['held', 'cancelled'], true)).to.equal('held');
    expect(fleetOutcome(['rolled-back', 'cancelled'], true)).to.equal('rolled-back');
  });
});

describe('countsOf', () => {
  it('counts every one once', () => {
    const all: MemberOutcome[] = [
      'done',
      'not-due',
      'held',
      'rolled-back',
      'killed',
      'locked',
      'not-started',
    ];
    expect(countsOf(all)).to.deep.equal({
      ...{ all: 7, done: 1, notDue: 1, rolledBack: 1, held: 1, failed: 2, notStarted: 1 },
    });
  });
});

describe('memberResult', () => {
  const end = { signal: null, seconds: 1, log: '/x.log' };
  const line = (fields: object): string => JSON.stringify({ schema: 1, ...fields });
  const read = (texts: string[]): ReturnType<typeof readLogLine>[] => texts.map(readLogLine);
  const resultOf = (texts: string[], code: number | null, signal: NodeJS.Signals | null = null) =>
    memberResult(
      'a',
      read(texts).filter((each) => each !== undefined),
      { ...end, code, signal },
    );
  const plan = { rotation: 'r1', kind: 'rotate', from: 'A', to: 'B' };

  it('says where OpenEMR is after a rotation, and after one that was rolled back', () => {
    const done = line({ type: 'result', outcome: 'done', message: 'Yes.', ...plan });
    expect(resultOf([done], 0)).to.include({ outcome: 'done', slot: 'B', rotation: 'r1', message: 'Yes.' });
    const back = line({ type: 'result', outcome: 'rolled-back', message: 'No.', ...plan });
    expect(resultOf([back], 13)).to.include({ outcome: 'rolled-back', slot: 'A', exitCode: 13 });
    const held = line({ type: 'result', outcome: 'held', message: 'Held.', ...plan });
    expect(resultOf([held], 12)).to.include({ outcome: 'held', slot: null });
  });

  it('knows a run that had nothing to do', () => {
    const early = line({ type: 'result', outcome: 'done', message: 'Too early.' });
    expect(resultOf([early], 0)).to.include({ outcome: 'not-due', message: 'Too early.' });
  });

  it('trusts neither an exit code without a result nor a result without its exit code', () => {
    const done = line({ type: 'result', outcome: 'done', message: 'Yes.', ...plan });
    const step = line({ type: 'step-started', step: 6, title: 'x' });
    expect(resultOf([step], null, 'SIGKILL').message).to.include('by SIGKILL in step 6');
    expect(resultOf(['not json', '{"type":', step], 0).message).to.include(
      'exit code 0 and without a result',
    );
    for (const result of [resultOf([done], null, 'SIGKILL'), resultOf([done], 1), resultOf([], 77)])
      expect(result.outcome).to.equal('killed');
  });
});
