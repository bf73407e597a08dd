import { expect } from 'chai';
import { plannedIn } from './planned';
import { journalOf, worldOn, writesOf } from './simulatedWorld';

describe('what a rollback says of itself', () => {
  it('what it restores, and what it cannot', () => {
    const said = plannedIn(worldOn('B'), 'rollback').notices.join('\n');
    for (const part of [
      'restores which slot OpenEMR uses',
      'does not restore passwords',
      'the account before a bootstrap, or data',
      'held rotation is abandoned',
    ])
      expect(said).to.include(part);
  });

  it('which rotation it gives up, where one is held', () => {
    const world = worldOn('A');
    const planned = plannedIn(world);
    writesOf(world, planned)
      .slice(0, 3)
      .forEach((write) => write());
    const { plan, notices } = plannedIn(world, 'rollback', { id: 'back-1', journal: journalOf(planned) });
    expect(plan.kind).to.equal('switch-back');
    expect(notices.join('\n')).to.include(`rotation ${planned.plan.id} is not finished and is abandoned`);
  });
});
