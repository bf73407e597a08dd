import { expect } from 'chai';
import type { FleetRun, LastRotation } from '../../../src/fleet/fleetRun';
import {
  chooseRun,
  dueSince,
  howToContinue,
  judgeLast,
  parseFleetRun,
  resumeLimitMs,
} from '../../../src/fleet/fleetRun';

const now = new Date('2026-01-31T03:00:00.000Z');
const before = (ms: number): string => new Date(now.getTime() - ms).toISOString();

function journalOf(startedAt: string, deployments: FleetRun['deployments']): FleetRun {
  return { formatVersion: 1, id: '20260131-020000-000', startedAt, deployments };
}

describe('chooseRun', () => {
  const open = journalOf(before(3_600_000), { a: 'done', b: 'rolled-back', c: 'running' });

  it('takes up a run that did not end well, and keeps when it began', () => {
    for (const outcome of ['rolled-back', 'running', 'not-started', 'killed', 'held'] as const) {
      const journal = journalOf(before(3_600_000), { a: 'done', b: outcome });
      const run = chooseRun({ names: ['b'], journal, now, anew: false });
      expect(run).to.deep.include({ resumed: true, id: journal.id, startedAt: journal.startedAt });
      expect(run.deployments).to.deep.equal({ a: 'done', b: 'not-started' });
    }
  });

  it('begins a new one after a good end, after twelve hours, without a journal, or when asked to', () => {
    const good = journalOf(before(60_000), { a: 'done', b: 'not-due' });
    const old = journalOf(before(resumeLimitMs), { a: 'held' });
    const choices = [
      { journal: good, anew: false },
      { journal: old, anew: false },
      { journal: undefined, anew: false },
      { journal: open, anew: true },
    ];
    for (const choice of choices) {
      const run = chooseRun({ names: ['a'], now, ...choice });
      expect(run).to.deep.include({ resumed: false, startedAt: now.toISOString() });
      expect(run.deployments).to.deep.equal({ a: 'not-started' });
    }
  });

  it('begins a new one where the old one is dated in the future, by a clock that was wrong', () => {
    const ahead = journalOf(before(-4 * 60_000), { a: 'held' });
    expect(chooseRun({ names: ['a'], journal: ahead, now, anew: false }).resumed).to.equal(true);
    const future = journalOf(before(-24 * 3_600_000), { a: 'held' });
    expect(chooseRun({ names: ['a'], journal: future, now, anew: false })).to.deep.include({
      resumed: false,
      startedAt: now.toISOString(),
    });
  });

  it('counts from the time that the operator names, where the journal is lost or is another', () => {
    const since = new Date('2026-01-30T22:00:00Z');
    for (const journal of [undefined, open]) {
      const run = chooseRun({ names: ['a'], journal, now, since, anew: false });
      expect(run).to.deep.include({ resumed: true, startedAt: since.toISOString() });
    }
  });
});

describe('judgeLast', () => {
  const since = new Date('2026-01-31T02:00:00Z');
  const last = (kind: LastRotation['plan']['kind'], startedAt: string, finished = true): LastRotation => ({
    plan: { id: 'r', kind, from: 'A', to: 'B', startedAt },
    finished,
  });

  it('one that was held before, and that this run has finished, is not rotated once more', () => {
    const held = { ...last('rotate', '2026-01-25T02:00:00Z'), endedAt: '2026-01-31T02:05:00Z' };
    expect(judgeLast(held, since, new Date('2026-01-31T03:00:00Z'))).to.equal('rotated');
    expect(judgeLast({ ...held, endedAt: '2026-01-25T02:10:00Z' }, since)).to.equal('to-do');
    // An end in the future is no proof.
    expect(judgeLast({ ...held, endedAt: '2031-01-01T00:00:00Z' }, since)).to.equal('to-do');
  });

  it('believes the state of the deployment, not the journal', () => {
    expect(judgeLast(undefined, since)).to.equal('to-do');
    expect(judgeLast(last('rotate', '2026-01-31T02:00:00Z'), since)).to.equal('rotated');
    expect(judgeLast(last('bootstrap', '2026-01-31T02:10:00Z'), since)).to.equal('rotated');
    expect(judgeLast(last('rotate', '2026-01-31T01:59:59Z'), since)).to.equal('to-do');
    expect(judgeLast(last('rollback', '2026-01-31T02:10:00Z'), since)).to.equal('to-do');
    expect(judgeLast(last('rotate', '2026-01-31T01:00:00Z', false), since)).to.equal('unfinished');
    expect(judgeLast(last('rollback', '2026-01-31T02:10:00Z', false), since)).to.equal('unfinished');
    expect(judgeLast(last('sync', '2026-01-31T02:10:00Z', false), since)).to.equal('to-do');
    const waited = { ...last('rotate', '2026-01-31T01:00:00Z'), begunAt: '2026-01-31T02:10:00Z' };
    const now = new Date('2026-01-31T03:00:00Z');
    expect(judgeLast(last('rotate', '2031-01-31T02:10:00Z'), since, now), 'the future').to.equal('to-do');
    expect(judgeLast(waited, since), 'a plan that waited for its review').to.equal('rotated');
  });
});

describe('dueSince', () => {
  it('is the age of the file, unless that would rotate again what this run has rotated', () => {
    const since = new Date(before(3_600_000));
    expect(dueSince(undefined, 0, since, now)).to.equal(since.toISOString());
    expect(dueSince('30d', 30 * 86_400_000, since, now)).to.equal('30d');
    expect(dueSince('10m', 600_000, since, now)).to.equal(since.toISOString());
  });
});

describe('parseFleetRun', () => {
  it('takes what was written, and nothing of another format', () => {
    const run = journalOf(before(0), { a: 'done' });
    expect(parseFleetRun(JSON.stringify(run))).to.deep.equal(run);
    const others = ['', '{', 'null', '{}', JSON.stringify({ ...run, formatVersion: 2 }), '[]'];
    for (const text of [...others, JSON.stringify({ ...run, id: '../x' })])
      expect(parseFleetRun(text)).to.equal(undefined);
  });
});

describe('howToContinue', () => {
  it('says until when the same command continues, and how after that', () => {
    const young = before(3_600_000);
    expect(howToContinue(young, now)).to.equal(
      `Run the same command again before 2026-01-31T14:00:00.000Z, without --anew, to continue, or on any machine with --since ${young}.`,
    );
    const old = before(resumeLimitMs);
    expect(chooseRun({ names: ['a'], now, journal: journalOf(old, { a: 'held' }), anew: false })).to.include({
      resumed: false,
    });
    expect(howToContinue(old, now)).to.equal(
      `Run the same command again with --since ${old} to continue, and without --anew.`,
    );
  });
});
