import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/history/entries';
import { pastRotations } from '../../../src/history/rotations';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import { ownState } from '../../../src/inspect/status/ownState';
import type { StatusReport } from '../../../src/inspect/status/report';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import { statusLines } from '../../../src/report/statusText';
import { plannedIn } from '../rotation/planned';
import { canary, journalOf, loginOf, worldOn } from '../rotation/simulatedWorld';
import { factsOf, now, read, unreadable } from './facts';
import { judged } from './judged';

/** The update of the history that carried out a plan. */
function entryOf(plan: RotationPlan, succeeded = true): HistoryEntry {
  const times = { startedAt: '2026-01-30T02:00:00.000Z', endedAt: '2026-01-30T02:01:00.000Z' };
  return { plan, ...times, succeeded, by: undefined };
}

describe('status: the admin secret and the slots', () => {
  const world = worldOn('A');
  world.admin = loginOf('admin', { host: 'instance-1.example' });
  const said = (sameServer: boolean | undefined): string[] => {
    const { logins, ...facts } = factsOf(world);
    const admin = { kind: 'works' as const, stage: 'AWSCURRENT' as const, login: world.admin, sameServer };
    return judged({ ...facts, logins: { ...logins, admin } }).drift.map(({ text }) => text);
  };

  it('two names of one server are no difference; two servers, and what cannot be seen, are', () => {
    expect(said(true)).to.deep.equal([]);
    expect(said(false).join()).to.include('instance-1.example:3306').and.to.include('these are two servers');
    expect(said(undefined).join()).to.include('cannot be seen');
  });
});

describe('status: the passwords of the state', () => {
  const world = worldOn('B');
  const journal = journalOf(plannedIn(worldOn('A')), true);
  const facts = factsOf(world, journal);
  const withState = (slotPasswords: Partial<Record<'A' | 'B', string>>): StatusFacts => ({
    ...facts,
    state: read({ backendUrl: 'file:///state', journal, changedAt: facts.now, slotPasswords }),
  });
  const both = { A: loginOf('openemr_a').password, B: loginOf('openemr_b').password };

  it('agree with the slot secret, or are not known', () => {
    expect(judged(withState(both)).drift).to.deep.equal([]);
    expect(judged(withState({})).drift).to.deep.equal([]);
  });

  for (const slot of ['A', 'B'] as const) {
    it(`differ for slot ${slot}, live or not`, () => {
      const { drift, exitCode } = judged(withState({ ...both, [slot]: `${canary}-of-the-state` }));
      expect(
        drift.map(({ kind, text }) => [kind, text.includes(`password for slot ${slot},`)]),
      ).to.deep.equal([['state', true]]);
      expect(exitCode).to.equal(10);
    });
  }

  it('are not compared while a rotation is unfinished', () => {
    const planned = plannedIn(worldOn('A'));
    const open = factsOf(worldOn('A'), journalOf(planned));
    const state = read({
      backendUrl: 'x',
      journal: journalOf(planned),
      changedAt: now,
      slotPasswords: { A: 'x' },
    });
    expect(judged({ ...open, state }).drift).to.deep.equal([]);
  });
});

describe('status: the state of another slot secret', () => {
  const world = worldOn('A');
  const facts = factsOf(world);
  const other = (finished: boolean): StatusFacts => {
    const journal = journalOf(plannedIn(worldOn('A')), finished);
    const plan = { ...journal.plan, slotSecretArn: 'arn:of-another' };
    const slotPasswords = { A: `${canary}-of-another`, B: `${canary}-of-another` };
    const state = read({
      backendUrl: 's3://b',
      journal: { ...journal, plan },
      changedAt: now,
      slotPasswords,
    });
    return { ...facts, ...ownState(state, facts.slotSecret, 'prod') };
  };

  it('does not count, as in a run: it is told, and nothing differs', () => {
    for (const finished of [true, false]) {
      const report = judged(other(finished));
      expect([report.outcome, report.drift, report.unfinished, report.lastRotation]).to.deep.equal([
        'done',
        [],
        null,
        null,
      ]);
      expect(report.notes.filter((note) => note.includes('arn:of-another'))).to.have.lengthOf(1);
      expect(report.notes.join())
        .to.include('give each its own by --stack')
        .and.not.include('knows of no rotation');
    }
  });

  it('is left as it is where it is the own one, or that cannot be seen', () => {
    const { state } = factsOf(world, journalOf(plannedIn(world), true));
    expect(ownState(state, facts.slotSecret, 'prod')).to.deep.equal({ state });
    const unread = unreadable('permission', 'Denied.');
    expect(ownState(state, unread, 'prod')).to.deep.equal({ state });
  });
});

describe('status: the last rotation', () => {
  const planned = plannedIn(worldOn('A'));

  it('says why its last run stopped', () => {
    const facts = factsOf(worldOn('A'), journalOf(planned));
    const failed = { step: 8 as const, at: now.toISOString(), message: 'The health page answered 500.' };
    const state = read({ backendUrl: 'x', journal: journalOf(planned), changedAt: now, failed });
    const report = judged({ ...facts, state });
    expect(report.unfinished?.failure).to.deep.equal({ step: 8, message: failed.message });
    expect(statusLines(report).join('\n')).to.include('why: Step 8 failed. The health page answered 500.');
  });

  it('says why it was rolled back, and nothing of a failure once it was finished', () => {
    const { plan } = planned;
    const failed = { step: 7 as const, at: now.toISOString(), message: 'No quota.' };
    const undone = {
      ...plan,
      id: 'r2',
      kind: 'rollback' as const,
      undoes: plan.id,
      from: plan.to,
      to: plan.from,
    };
    const back = { ...undone, previous: { id: plan.id, ends: [], failed } };
    const of = (each: typeof plan): StatusReport =>
      judged(factsOf(worldOn('A'), journalOf({ ...planned, plan: each }, true)));
    expect(of(back).lastRotation?.failure).to.deep.equal({ step: 7, message: 'No quota.' });
    expect(of({ ...plan, previous: { id: 'earlier', ends: [], failed } }).lastRotation?.failure).to.equal(
      null,
    );
  });

  it('is not a sync: the one before it is told, and the sync is a note', () => {
    const sync = plannedIn(worldOn('B'), 'sync', { id: 'sync-1' });
    const journal = journalOf(sync, true);
    const before = pastRotations([entryOf(planned.plan)], undefined)[0];
    const facts = factsOf(worldOn('B'), journal);
    const state = read({ backendUrl: 'x', journal, changedAt: now, lastRotation: before });
    const report = judged({ ...facts, state });
    expect(report.lastRotation).to.include({ id: planned.plan.id, kind: 'rotate', to: 'B', end: 'done' });
    expect(report.notes.join()).to.include('A sync of the users (sync-1) ended at');
    expect(judged(facts).lastRotation).to.equal(null);
    const stopped = pastRotations([entryOf(planned.plan, false)], undefined)[0];
    const given = judged({
      ...facts,
      state: read({ backendUrl: 'x', journal, changedAt: now, lastRotation: stopped }),
    });
    expect([given.lastRotation?.end, given.exitCode]).to.deep.equal(['given-up', 0]);
  });
});
