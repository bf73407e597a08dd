import { expect } from 'chai';
import { timesAgainBeforeFlip, timesAgainInAll, withOtherPassword } from '../../../src/rotation/remint';
import { planRotation } from '../../../src/rotation/planRotation';
import { resourceNames } from '../../../src/rotation/steps';
import { now, plannedIn } from './planned';
import { journalOf, observationOf, worldOn } from './simulatedWorld';

const untouched = { v0: ['AWSCURRENT'] };

/** A rotation from A to B, and with another password for a slot. */
function other(
  slot: 'A' | 'B',
  stages: Record<string, string[]> = untouched,
): ReturnType<typeof withOtherPassword> {
  const { plan, material } = plannedIn(worldOn('A'));
  return withOtherPassword({ plan, material }, slot, stages);
}

describe('withOtherPassword', () => {
  it('of the standby: it is minted, and both documents are stored anew', () => {
    const found = other('B');
    expect(found?.plan).to.deep.include({ mint: ['B'], again: { B: 1 }, againFrom: 'v0' });
    expect(found?.material.logins.B).not.to.have.property('password');
    expect(found?.material.logins.A).to.have.property('password');
    if (found) expect([timesAgainBeforeFlip(found.plan), timesAgainInAll(found.plan)]).to.deep.equal([1, 1]);
  });

  it('of the slot that is renewed: only the later document is stored anew, after the flip of this plan', () => {
    const found = other('A', { v0: [], v1: ['AWSCURRENT', 'CREDENTIAL_ROTATION_FLIPPED'] });
    expect(found?.plan).to.deep.include({ mint: [], again: { A: 1 }, againFrom: 'v1' });
    expect(found?.material).to.deep.equal(plannedIn(worldOn('A')).material);
    if (found) expect([timesAgainBeforeFlip(found.plan), timesAgainInAll(found.plan)]).to.deep.equal([0, 1]);
  });

  it('a second time has a third name, so that the state does not have it done', () => {
    const first = other('B');
    const second = first && withOtherPassword(first, 'B', untouched);
    const names = [0, first?.plan.again?.B ?? 0, second?.plan.again?.B ?? 0].map((again) =>
      resourceNames.password('B', 'id', again),
    );
    expect(names).to.deep.equal(['password-b-id', 'password-b-2-id', 'password-b-3-id']);
  });

  it('not when somebody else made a version current meanwhile: it would be overwritten', () =>
    expect(other('B', { v0: ['AWSPREVIOUS'], v9: ['AWSCURRENT'] })).to.equal(undefined));

  it('not when no version is current', () => expect(other('B', {})).to.equal(undefined));

  it('is what the next run takes up', () => {
    const world = worldOn('A');
    const planned = other('B');
    if (!planned) throw new Error('no plan');
    const request = { kind: 'rotate' as const, id: 'run-2', now };
    const taken = planRotation(observationOf(world), request, journalOf(planned));
    expect(taken.kind === 'planned' && taken.resumed).to.equal(true);
    expect(taken.kind === 'planned' && taken.planned.plan).to.deep.equal(planned.plan);
  });
});
