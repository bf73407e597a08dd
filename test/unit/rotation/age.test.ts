import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { Recent } from '../../../src/rotation/age';
import { dueNow, parseRecent } from '../../../src/rotation/age';
import type { Journal, Observation } from '../../../src/rotation/observation';
import type { PlanKind } from '../../../src/rotation/rotationPlan';
import { plannedIn } from './planned';
import { observationOf, worldOn } from './simulatedWorld';

/** Why nothing is to be done yet. */
function notDue(...[seen, journal, recent, times]: Parameters<typeof dueNow>): string | undefined {
  return dueNow(seen, journal, recent, times).reason;
}

describe('--if-older-than', () => {
  it('takes an age or a moment', () => {
    expect(parseRecent('30d')).to.equal(30 * 86_400_000);
    expect(parseRecent('2026-01-31T03:00:00Z')).to.deep.equal(new Date('2026-01-31T03:00:00Z'));
    expect(parseRecent('2028-02-29T03:00:00Z')).to.deep.equal(new Date('2028-02-29T03:00:00Z'));
    // Days that no calendar has, which JavaScript takes for days of the next month.
    const days = ['2026-02-30T03:00:00Z', '2026-02-29T03:00:00+02:00', '2026-04-31T03:00:00Z'];
    expect(parseRecent('2026-01-31T05:00+02:00')).to.deep.equal(new Date('2026-01-31T03:00:00Z'));
    for (const text of [
      '',
      '30',
      '30s',
      '2026-01-31',
      '2026-01-31T03:00:00',
      '2026-13-31T03:00:00Z',
      'now',
      ...days,
    ])
      expect(() => parseRecent(text), text).to.throw(Failure, /--if-older-than takes .* or a time such as/);
  });

  const now = new Date('2026-01-31T04:00:00Z');
  const seen = observationOf(worldOn('A'));
  const createdAt = new Date('2026-01-31T03:00:00Z');
  const observation: Observation = { ...seen, slotSecret: { ...seen.slotSecret, createdAt } };

  it('a login that the database refuses is due at once, whatever its age: OpenEMR is down', () => {
    const down = { ...observation, sqlconf: { ...observation.sqlconf, works: false } };
    expect(dueNow(down, undefined, week, { now })).to.deep.equal({});
    expect(notDue(observation, undefined, week, { now })).to.match(/nothing to do yet/);
  });

  it('OpenEMR on the account of neither slot is due at once: the age is that of other passwords', () => {
    const world = worldOn('A');
    world.file = world.admin;
    const onAdmin = { ...observationOf(world), slotSecret: observation.slotSecret };
    expect(onAdmin.sqlconf.works).to.equal(true);
    expect(dueNow(onAdmin, undefined, week, { now })).to.deep.equal({});
    expect(dueNow(onAdmin, journal('rotate'), week, { now })).to.deep.equal({});
  });

  it('a moment: what began at it or after it is recent enough, what began before is due', () => {
    const due = (since: string): boolean =>
      notDue(observation, undefined, new Date(since), { now }) === undefined;
    expect(due('2026-01-31T02:59:59Z')).to.equal(false);
    expect(due('2026-01-31T03:00:00Z')).to.equal(false);
    expect(due('2026-01-31T03:00:01Z')).to.equal(true);
    expect(notDue(observation, undefined, new Date('2026-01-31T03:00:00Z'), { now })).to.equal(
      'The last rotation was 60 minutes ago (2026-01-31T03:00:00.000Z), which is not before 2026-01-31T03:00:00.000Z: nothing to do yet.',
    );
  });

  /** A run of this kind that was finished, begun after its plan had waited for a review. */
  const journal = (kind: PlanKind): Journal => ({
    plan: { ...plannedIn(worldOn('A')).plan, kind, startedAt: '2026-01-01T00:00:00.000Z' },
    begunAt: '2026-01-30T00:00:00.000Z',
    versionIds: [],
    recorded: { secret: true, restart: true },
    finished: true,
  });
  const week = 7 * 86_400_000;

  it('a saved plan: the age counts from the run, not from the review', () => {
    expect(notDue(observation, journal('rotate'), week, { now })).to.include('(2026-01-30T00:00:00.000Z)');
    const older = { ...journal('rotate') };
    delete older.begunAt;
    expect(notDue(observation, older, week, { now })).to.equal(undefined);
  });

  it('a moment: a rotation that was begun before it, and has ended since, is done; an age counts from its begin', () => {
    const ended = { ...journal('rotate'), endedAt: '2026-01-31T03:30:00.000Z' } as Journal;
    const since = new Date('2026-01-31T03:00:00Z');
    expect(notDue(observation, ended, since, { now })).to.include('(2026-01-30T00:00:00.000Z)');
    expect(notDue(observation, journal('rotate'), since, { now })).to.equal(undefined);
    expect(notDue(observation, ended, 3_600_000, { now })).to.equal(undefined);
  });

  for (const kind of ['switch-back', 'rollback', 'sync'] as const) {
    it(`after a ${kind}, which renews nothing: the passwords' own age counts`, () => {
      const renewedAt = new Date('2026-01-10T00:00:00Z');
      expect(notDue(observation, journal(kind), week, { now, renewedAt })).to.equal(undefined);
      const young = new Date('2026-01-28T00:00:00Z');
      expect(notDue(observation, journal(kind), week, { now, renewedAt: young })).to.include('3 days ago');
    });
  }

  describe('a last rotation dated in the future, by a clock that was wrong once', () => {
    const at = (begunAt: string): Journal => ({ ...journal('rotate'), begunAt });
    const recents: Recent[] = [week, new Date('2026-01-31T03:00:00Z')];
    for (const recent of recents) {
      it(`is due, and says why (${recent instanceof Date ? 'a moment' : 'an age'})`, () => {
        const { reason, notice } = dueNow(observation, at('2031-01-01T00:00:00.000Z'), recent, { now });
        expect(reason).to.equal(undefined);
        expect(notice).to.match(/dated 2031-01-01T00:00:00\.000Z, in the future .* is due/);
      });
      it('a few minutes ahead are the difference between two clocks', () => {
        const due = dueNow(observation, at('2026-01-31T04:04:00.000Z'), recent, { now });
        expect(due.reason).to.include('0 minutes ago');
        expect(due.notice).to.equal(undefined);
      });
    }

    it('the same for the date of the passwords', () => {
      const renewedAt = new Date('2026-02-01T00:00:00Z');
      const due = dueNow(observation, undefined, week, { now, renewedAt });
      expect(due.reason).to.equal(undefined);
      expect(due.notice).to.include('2026-02-01');
    });
  });
});
