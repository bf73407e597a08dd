import { expect } from 'chai';
import { exitCodes } from '../../../src/base/failure';
import type { MemberOutcome, PastResult } from '../../../src/rotation/ends';
import {
  endOfFinished,
  eventReasons,
  failedOutcomes,
  isFinished,
  leftAsItWas,
  mostUrgent,
  outcomeOfCode,
  outcomeOfMember,
  outcomes,
  verdictOfEnd,
} from '../../../src/rotation/ends';

/** What was public before there was one table; a change here is a change for those who read it. */
const golden = [
  ['done', 0, 'rotated', false],
  ['unexpected', 1, 'failed', false],
  ['configuration', 2, 'failed', true],
  ['permission', 3, 'failed', true],
  ['before-switch', 4, 'failed', true],
  ['cancelled', 8, 'failed', false],
  ['timeout', 9, 'failed', false],
  ['drift', 10, 'failed', false],
  ['locked', 11, 'failed', true],
  ['held', 12, 'held', false],
  ['rolled-back', 13, 'rolled-back', false],
] as const;

describe('the vocabulary of ends', () => {
  it('gives each outcome its exit code, its verdict, and whether OpenEMR was left as it was', () => {
    const found = outcomes.map((each) => [
      each,
      exitCodes[each],
      verdictOfEnd(each, 'rotate'),
      leftAsItWas(each),
    ]);
    expect(found).to.deep.equal(golden);
    for (const [outcome, code] of golden) expect(outcomeOfCode(code)).to.equal(outcome);
    expect(outcomeOfCode(137)).to.equal(undefined);
  });

  it('calls a rollback that was finished a rollback, whatever its exit code', () => {
    expect(verdictOfEnd('done', 'rollback')).to.equal('rolled-back');
    expect(verdictOfEnd('done', 'switch-back')).to.equal('rotated');
    expect(verdictOfEnd('held', 'rollback')).to.equal('held');
    expect(endOfFinished('rollback')).to.equal('rolled-back');
    expect(endOfFinished('switch-back')).to.equal('done');
  });

  it('counts every end but the reserved one', () => {
    expect(failedOutcomes).to.deep.equal(outcomes.filter((each) => each !== 'done' && each !== 'timeout'));
  });

  it('puts the most urgent first', () => {
    const order: string[] = [];
    let left = [...outcomes];
    while (left.length > 0) {
      const first = mostUrgent(left);
      order.push(String(first));
      left = left.filter((each) => each !== first);
    }
    expect(order.join(' ')).to.equal(
      'held rolled-back unexpected before-switch permission configuration timeout drift locked cancelled done',
    );
    expect(mostUrgent([])).to.equal(undefined);
  });

  it('gives the ends of a fleet as outcomes', () => {
    const members: MemberOutcome[] = ['not-due', 'not-started', 'killed', 'held'];
    expect(members.map(outcomeOfMember)).to.deep.equal(['done', 'cancelled', 'unexpected', 'held']);
  });

  it('knows which results of the history are finished, and which Event each verdict has', () => {
    const results: PastResult[] = [
      'rotated',
      'done',
      'rolled-back',
      'held',
      'before-switch',
      'failed',
      'unfinished',
    ];
    expect(results.filter(isFinished)).to.deep.equal(['rotated', 'done']);
    expect(eventReasons).to.deep.equal({
      rotated: 'CredentialsRotated',
      'rolled-back': 'CredentialRotationRolledBack',
      held: 'CredentialRotationHeld',
      failed: 'CredentialRotationFailed',
    });
  });
});
