import { expect } from 'chai';
import type { FailureCode, Outcome } from '../../../src/base/failure';
import { exitOf, failureCodes } from '../../../src/base/failureCodes';
import type { StepNumber } from '../../../src/rotation/steps';
import { stepNumbers } from '../../../src/rotation/steps';
import type { PlanKind } from '../../../src/rotation/kinds';
import { planKinds } from '../../../src/rotation/kinds';
import type { Decision, Phase } from '../../../src/rotation/policy';
import { decide, phaseOf, phaseSeen, withoutWayBack } from '../../../src/rotation/policy';

const codes = Object.keys(failureCodes) as FailureCode[];
const exits = [...new Set(codes.map(exitOf))];
const kinds = Object.keys(planKinds) as PlanKind[];

function heldUnlessStopped(exit: Outcome): Decision {
  return exit === 'cancelled' ? 'cancelled' : 'held';
}

/** What each phase makes of each exit that a code can have; it was so before there was a policy. */
const table: Record<Phase, (exit: Outcome) => Decision> = {
  reading: (exit) => exit,
  'not-switched': (exit) =>
    ({
      configuration: 'configuration',
      permission: 'permission',
      locked: 'locked',
      drift: 'drift',
      'before-switch': 'before-switch',
      unexpected: 'before-switch',
      cancelled: 'cancelled',
      held: 'before-switch',
    })[exit as 'drift'] as Outcome,
  'taken-up': heldUnlessStopped,
  switched: (exit) => (exit === 'cancelled' || exit === 'locked' ? heldUnlessStopped(exit) : 'go-back'),
  retiring: heldUnlessStopped,
  'going-back': heldUnlessStopped,
};
const phases = Object.keys(table) as Phase[];

const at = (step: StepNumber | undefined, reached = step): Parameters<typeof phaseOf>[1] => ({
  step,
  furthest: step,
  reached,
});

describe('the policy of ends', () => {
  for (const phase of phases)
    it(`decides every code in phase ${phase}`, () => {
      for (const code of codes)
        expect(decide(phase, exitOf(code)), code).to.equal(table[phase](exitOf(code)));
    });

  it('knows all exits that a code has', () =>
    expect(exits.sort()).to.deep.equal(
      [
        'before-switch',
        'cancelled',
        'configuration',
        'drift',
        'held',
        'locked',
        'permission',
        'unexpected',
      ].sort(),
    ));

  it('never goes back where nothing was switched, nor after the proof', () => {
    for (const phase of phases.filter((each) => each !== 'switched'))
      for (const code of codes) expect(decide(phase, exitOf(code))).to.not.equal('go-back');
  });

  it('holds where there is no way back', () => {
    expect(withoutWayBack('go-back')).to.equal('held');
    expect(withoutWayBack('permission')).to.equal('permission');
  });
});

describe('the phase of a failed run', () => {
  const known: Record<PlanKind, (reached: StepNumber) => Phase | undefined> = {
    rotate: (reached) => (reached >= 9 ? 'retiring' : undefined),
    reconcile: (reached) => (reached >= 9 ? 'retiring' : undefined),
    bootstrap: (reached) => (reached >= 9 ? 'retiring' : undefined),
    'switch-back': (reached) => (reached >= 9 ? 'retiring' : undefined),
    rollback: (reached) => (reached >= 9 ? 'retiring' : 'going-back'),
    sync: () => 'reading',
  };
  for (const kind of kinds)
    it(`of a ${kind} follows from its furthest step, where that is enough`, () => {
      for (const step of stepNumbers)
        expect(phaseOf(kind, at(step)), String(step)).to.equal(known[kind](step));
      expect(phaseOf(kind, at(3, 9))).to.equal(known[kind](9));
    });

  it('is that of an earlier run, too: a step before the switch may fail behind the flip', () => {
    expect(phaseOf('rotate', at(3, 10))).to.equal('retiring');
    expect(phaseOf('rotate', at(undefined, 9))).to.equal('retiring');
    expect(phaseOf('rollback', at(undefined))).to.equal('going-back');
  });

  it('else is seen in the world', () => {
    for (const step of [undefined, ...stepNumbers]) {
      expect(phaseSeen(at(step), true)).to.equal('not-switched');
      expect(phaseSeen(at(step), false)).to.equal(step === undefined || step <= 4 ? 'taken-up' : 'switched');
    }
    expect(phaseSeen({ step: undefined, furthest: 7, reached: 7 }, false)).to.equal('switched');
  });
});
