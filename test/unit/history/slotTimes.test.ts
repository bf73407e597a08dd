import { expect } from 'chai';
import { readEntries } from '../../../src/history/entries';
import { pastRotations } from '../../../src/history/rotations';
import { slotTimes } from '../../../src/history/slotTimes';
import { stateOfLast } from '../../../src/engine/history';
import { planKey } from '../../../src/engine/workspace';
import { entryOf, minutes, planAt } from './made';
import { recorded } from './recorded';

describe('slotTimes', () => {
  it('puts each switch at its cut-over, those of a rollback included', () => {
    const entries = readEntries(recorded.history, planKey);
    const { active, passwords } = slotTimes(pastRotations(entries, stateOfLast(recorded.states.rotated2)));
    expect(active.map(({ place }) => place)).to.deep.equal(['A', 'B', 'A', 'B', 'A', 'B', 'A', 'B']);
    active.forEach(({ from, to }, index) => {
      expect(to).to.equal(active[index + 1]?.from ?? null);
      if (to !== null) expect(from < to).to.equal(true);
    });
    // The rollback renewed nothing: five rotations renewed the admin's, by turns A's and B's.
    expect(passwords.admin.map(({ known }) => known)).to.deep.equal([false, true, true, true, true, true]);
    expect([passwords.A.length, passwords.B.length]).to.deep.equal([4, 3]);
  });

  it('takes the end of a run where the steps are not known', () => {
    const { active, passwords } = slotTimes(pastRotations([entryOf(planAt(0), 0, 3, true)], undefined));
    expect(active).to.deep.equal([
      { place: 'A', from: minutes(0), to: minutes(3) },
      { place: 'B', from: minutes(3), to: null },
    ]);
    expect(passwords.A).to.deep.equal([
      { from: minutes(0), to: minutes(3), known: false },
      { from: minutes(3), to: null, known: true },
    ]);
  });

  it('of nothing is nothing', () => {
    expect(slotTimes([])).to.deep.equal({ active: [], passwords: { A: [], B: [], admin: [] } });
  });
});
