import { expect } from 'chai';
import {
  adminPendingId,
  isPendingOf,
  otherRotation,
  endedPending,
  pendingOfAnother,
} from '../../../src/aws/adminPendingId';

const rotation = '20260301-020304-c0ffee';

describe('versions of the admin secret', () => {
  it('have ids that Secrets Manager takes, one for each try', () => {
    const ids = [0, 1, 98].map((again) => adminPendingId(rotation, again));
    for (const id of ids) expect(id).to.match(/^[A-Za-z0-9-]{32,64}$/);
    expect(new Set(ids).size).to.equal(3);
    for (const id of ids) expect(isPendingOf(rotation, id)).to.equal(true);
    expect(isPendingOf('20260301-020304-c0ffed', adminPendingId(rotation, 0))).to.equal(false);
  });

  const foreign = '6f1d2c1e-0000-4000-8000-000000000000';
  const cases: [string, Record<string, string[]>, string | undefined][] = [
    ['nothing pending', { [foreign]: ['AWSCURRENT'] }, undefined],
    ["somebody else's", { v0: ['AWSCURRENT'], [foreign]: ['AWSPENDING'] }, foreign],
    [
      'the label that AWS leaves on the current version',
      { [foreign]: ['AWSCURRENT', 'AWSPENDING'] },
      undefined,
    ],
    [
      'the same when another version is current since',
      { v1: ['AWSCURRENT'], [foreign]: ['AWSPREVIOUS', 'AWSPENDING'] },
      undefined,
    ],
    [
      'one of ours, of any rotation',
      { v0: ['AWSCURRENT'], [adminPendingId('x', 1)]: ['AWSPENDING'] },
      undefined,
    ],
  ];
  for (const [name, stages, found] of cases)
    it(`pending of another: ${name}`, () => expect(pendingOfAnother(stages)).to.equal(found));

  it('a rotation that has ended leaves its label: that version loses it before another one becomes current', () => {
    expect(endedPending({ v0: ['AWSCURRENT', 'AWSPENDING'] })).to.equal('v0');
    expect(endedPending({ v1: ['AWSCURRENT'], v0: ['AWSPREVIOUS', 'AWSPENDING'] })).to.equal('v0');
    expect(endedPending({ v0: ['AWSCURRENT'], v1: ['AWSPENDING'] })).to.equal(undefined);
    expect(endedPending({ v0: ['AWSCURRENT'] })).to.equal(undefined);
  });

  it('the refusal names secret, version and cure', () =>
    expect(otherRotation('team/admin', foreign).message).to.match(
      /team\/admin .*AWSPENDING.*update-secret-version-stage .*--remove-from-version-id 6f1d2c1e-\S+, and run again\.$/,
    ));
});
