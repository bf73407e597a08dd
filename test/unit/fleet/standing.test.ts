import { expect } from 'chai';
import { fleetStatusOutcome } from '../../../src/cli/commands/fleet/status';
import type { Standing } from '../../../src/rotation/ends';
import { countStandings, standingOf } from '../../../src/fleet/standing';
import type { RotationReport } from '../../../src/inspect/status/report';
import type { MemberStatus } from '../../../src/report/fleetText';
import { fleetStatusLines } from '../../../src/report/fleetText';

const since = new Date('2026-01-31T03:00:00Z');
const hour = 3_600_000;

const rotation = (changes: Partial<RotationReport> = {}): RotationReport => ({
  ...{ id: 'r', kind: 'rotate', from: 'A', to: 'B', undoes: null, end: 'done' },
  ...{ startedAt: '2026-01-31T03:00:00Z', endedAt: '2026-01-31T03:00:09Z', failure: null },
  ...changes,
});

describe('standingOf', () => {
  const before = { startedAt: '2026-01-31T02:00:00Z', endedAt: '2026-01-31T02:00:09Z' };
  const cases: [string, RotationReport | null, Standing][] = [
    ['begun at that very moment', rotation(), 'rotated'],
    ['the last one before', rotation(before), 'not-rotated'],
    ['begun before and finished since', rotation({ startedAt: before.startedAt }), 'rotated'],
    [
      'the same, its end in the future',
      rotation({ ...before, endedAt: '2999-01-31T03:00:00Z' }),
      'not-rotated',
    ],
    ['no rotation ever', null, 'not-rotated'],
    ['rolled back since', rotation({ kind: 'rollback', end: 'rolled-back' }), 'rolled-back'],
    ['rolled back before', rotation({ kind: 'rollback', end: 'rolled-back', ...before }), 'not-rotated'],
    ['not finished, begun before', rotation({ end: 'unfinished', ...before }), 'unfinished'],
    ['given up', rotation({ end: 'given-up' }), 'not-rotated'],
    ['a sync since, which renews no password', rotation({ kind: 'sync' }), 'not-rotated'],
    ['a sync that was cut off', rotation({ kind: 'sync', end: 'unfinished' }), 'not-rotated'],
    ['dated in the future', rotation({ startedAt: '2999-01-31T03:00:00Z' }), 'not-rotated'],
    ["an operator's way back since", rotation({ kind: 'switch-back' }), 'not-rotated'],
  ];
  for (const [what, last, standing] of cases)
    it(`${what}: ${standing}`, () => expect(standingOf(last, since, 0)).to.equal(standing));

  it('what was too young when the run began was not due; what was older should have been rotated', () => {
    expect(standingOf(rotation(before), since, 2 * hour)).to.equal('not-due');
    expect(standingOf(rotation(before), since, hour)).to.equal('not-rotated');
  });
});

describe('the report of a run', () => {
  const of = (...standings: (Standing | null)[]): ReturnType<typeof countStandings> =>
    countStandings(standings);
  const agree = [{ outcome: 'done' } as const];

  it('counts every one once; what is not known was not rotated', () => {
    expect(
      of('rotated', 'rotated', 'rolled-back', 'unfinished', 'not-due', 'not-rotated', null),
    ).to.deep.equal({ all: 7, rotated: 2, rolledBack: 1, unfinished: 1, notDue: 1, notRotated: 2 });
  });

  it('ends well only when each was rotated or not due; a rollback is told before a difference', () => {
    expect(fleetStatusOutcome(agree, false, of('rotated', 'not-due'))).to.equal('done');
    expect(fleetStatusOutcome(agree, false, of('rotated', 'not-rotated'))).to.equal('drift');
    expect(fleetStatusOutcome([...agree, { outcome: 'drift' }], false, of('rolled-back'))).to.equal(
      'rolled-back',
    );
    expect(fleetStatusOutcome([{ outcome: 'permission' }], false, of(null))).to.equal('permission');
    expect(fleetStatusOutcome([{ outcome: 'done' }], false)).to.equal('done');
  });

  it('is one table with the end of each and since when, and one line of counts', () => {
    const status = (name: string, changes: Partial<MemberStatus>): MemberStatus => ({
      ...{ name, outcome: 'done', exitCode: 0, slot: 'B', oldestSeconds: 9, findings: [], advice: '' },
      ...{ lastRotation: rotation(), standing: 'rotated' },
      ...changes,
    });
    const back = rotation({ kind: 'rollback', end: 'rolled-back', endedAt: '2026-01-31T03:01:00Z' });
    const statuses = [
      status('a', {}),
      status('b', { slot: 'A', lastRotation: back, standing: 'rolled-back' }),
    ];
    const counts = countStandings(statuses.map(({ standing }) => standing));
    const lines = fleetStatusLines(statuses, { since: since.toISOString(), counts });
    expect(lines[1]).to.match(/^a +agrees +B +rotate done 2026-01-31 03:00:09 +rotated +9\.0 s +none$/);
    expect(lines[2]).to.match(/^b +agrees +A +rolled back 2026-01-31 03:01:00 +rolled back /);
    expect(lines[3]).to.equal('✗ Since 2026-01-31 03:00:00 UTC: 1 rotated, 1 rolled back.');
    expect(fleetStatusLines(statuses).join('\n')).not.to.include('Since');
  });
});
