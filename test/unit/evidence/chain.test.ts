import { expect } from 'chai';
import { digestOf } from '../../../src/evidence/canonical';
import { planDigest } from '../../../src/evidence/chain';
import type { Entry, Finding } from '../../../src/evidence/form';
import { entrySchema, statementSchema } from '../../../src/evidence/form';
import type { Records } from '../../../src/evidence/records';
import type { Making } from '../../../src/evidence/statement';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import { recordsOf } from '../../../src/engine/records';
import { entryOf, minutes, pastOf, planAt } from '../history/made';
import { recorded } from '../history/recorded';
import { madeRecords, madeStatement, making, realRecords } from './made';

const entriesOf = (records: Records, since?: string): Entry[] =>
  madeStatement(records, since === undefined ? {} : { since: new Date(since) }).predicate.entries;
const codesOf = (records: Records): Finding['code'][] =>
  madeStatement(records).predicate.findings.map(({ code }) => code);

describe('the entries of evidence', () => {
  it('of what a real engine recorded: each outcome as it was, in order, and of the form that is documented', () => {
    const statement = madeStatement(realRecords);
    expect(statementSchema.safeParse(statement).error?.issues).to.equal(undefined);
    const { entries, findings } = statement.predicate;
    expect(entries.map(({ outcome }) => outcome).sort()).to.include.members(['rotated', 'rolled-back']);
    for (const [index, entry] of entries.entries()) {
      expect(entry.number).to.equal(index + 1);
      expect(entry.previous).to.equal(index === 0 ? null : digestOf(entries[index - 1]));
      expect(entry.by).to.equal('root@vm');
      expect(entry.final).to.equal(true);
    }
    const back = entries.find(({ rollback }) => rollback !== null);
    expect(back).to.include({ outcome: 'rolled-back' });
    expect(back?.rollback).to.include({ succeeded: true });
    expect(back?.failure?.step).to.equal(8);
    // It was recorded before proofs kept what they measured.
    expect(new Set(findings.map(({ code }) => code))).to.deep.equal(new Set(['proofs-missing']));
  });

  it('say what was measured, for each rotation: by the next plan, and by the state for the last', () => {
    for (const { proofs } of entriesOf(madeRecords(3)))
      expect(proofs?.idle?.logins).to.deep.equal({ before: 17, after: 17 });
    expect(codesOf(madeRecords(3))).to.deep.equal([]);
  });

  it('hold nothing that their form does not name', () => {
    const records = madeRecords(2);
    const odd = JSON.parse(
      JSON.stringify(records, (key, value: unknown) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && !['failures'].includes(key)
          ? { ...value, canary: 'canary' }
          : value,
      ),
    ) as Records;
    const text = JSON.stringify(madeStatement({ ...odd, failures: new Map() }));
    expect(text).not.to.include('canary');
  });

  it('no fingerprint of a secret: not the hash of the file that plans of older versions hold, nor a digest of it', () => {
    const plan = planAt(0);
    const others = { ...plan, sqlconfSha256: 'f'.repeat(64) };
    expect(planDigest(plan)).to.equal(planDigest(others));
    expect(planDigest(plan)).not.to.equal(planDigest({ ...plan, rotateAdmin: false }));
    const hashes = recorded.history.map(
      (each) => /sqlconfSha256\\?":\\?"([0-9a-f]{64})/.exec(JSON.stringify(each))?.[1],
    );
    const text = JSON.stringify(madeStatement(realRecords));
    for (const hash of hashes) {
      expect(hash).to.match(/^[0-9a-f]{64}$/);
      expect(text).not.to.include(hash);
    }
  });

  it('texts go through the scrubber', () => {
    const records = madeRecords(1);
    const [entry] = records.entries;
    const spoiled = { ...records, entries: entry ? [{ ...entry, by: 'canary@host' }] : [] };
    const clean = (text: string): string => text.replaceAll('canary', '***');
    expect(JSON.stringify(madeStatement(spoiled, { clean })))
      .to.include('***@host')
      .and.not.include('canary');
  });

  it('a secret that is equal to the name of the stack or of an account changes no entry', () => {
    const records = madeRecords(2);
    const clean = (text: string): string => text.replaceAll(/prod|openemr/g, '***');
    expect(records.stack).to.match(/prod|openemr/);
    expect(madeStatement(records, { clean })).to.deep.equal(madeStatement(records));
  });

  it('a rotation under way, held, or failed is shown as that, and is not final', () => {
    const records = madeRecords(2);
    const plan = { ...planAt(500), previous: pastOf(planAt(60), [2]) };
    const open = { plan, finished: false, past: pastOf(plan, [2, 3, 4]) };
    expect(entriesOf({ ...records, last: open }).at(-1)).to.include({
      outcome: 'unfinished',
      final: false,
      endedAt: null,
    });
    const entries = [...records.entries, entryOf(plan, 500, 501, false)];
    expect(entriesOf({ ...records, entries, last: open }).at(-1)).to.include({
      outcome: 'before-switch',
      final: false,
    });
    const past = pastOf(plan, [2, 3, 4, 5, 6, 7, 8]);
    const failures = new Map([[plan.id, { at: minutes(501), step: 9 as const, message: 'No answer.' }]]);
    const [held] = entriesOf({ ...records, entries, last: { ...open, past }, failures }).slice(-1);
    expect(held).to.include({ outcome: 'held', final: false });
    expect(held?.failure).to.deep.equal({ step: 9, message: 'No answer.' });
    expect(codesOf({ ...records, entries, last: open })).to.include('not-final');
  });
});

describe('the part of the history that evidence is of', () => {
  it('begins with the first rotation that ended since then, and names the hash of the one before', () => {
    const all = entriesOf(madeRecords(4));
    const { chain, entries } = madeStatement(madeRecords(4), { since: new Date(minutes(130)) }).predicate;
    expect(entries).to.deep.equal(all.slice(2));
    expect(chain).to.deep.equal({ length: 4, before: 2, start: digestOf(all[1]), head: digestOf(all[3]) });
  });

  it('of none: the chain alone', () => {
    const { chain, entries, accounts } = madeStatement(madeRecords(2), {
      since: new Date(minutes(9000)),
    }).predicate;
    expect(entries).to.deep.equal([]);
    expect(chain).to.include({ length: 2, before: 2 });
    expect(chain.start).to.equal(chain.head);
    expect(accounts.map(({ renewedAt }) => renewedAt === null)).to.deep.equal([false, true, false]);
    expect(codesOf({ ...madeRecords(0) })).to.deep.equal(['no-rotation']);
  });
});

describe('a history that somebody worked on', () => {
  it('a clock that was set back: the plans keep the order, and it is said', () => {
    const records = madeRecords(4);
    const entries = records.entries.map((entry, index) =>
      index === 2 ? { ...entry, ...at(entry.plan, -9000) } : entry,
    );
    const plans = entriesOf({ ...records, entries }).map(({ id }) => id);
    expect(plans).to.deep.equal(records.entries.map(({ plan }) => plan.id));
    expect(codesOf({ ...records, entries })).to.include('times-disagree');
  });

  it('a time in the future', () => {
    const statement = madeStatement(madeRecords(3), { now: new Date(minutes(70)), maxAgeMs: 86_400_000 });
    expect(statement.predicate.findings.map(({ code }) => code)).to.include('in-the-future');
    expect(statement.predicate.accounts[0]).to.include({ account: 'A', ageSeconds: null, tooOld: true });
  });

  it('an entry that is missing, at the begin and in the middle', () => {
    const records = madeRecords(4);
    const without = (index: number): Records => ({
      ...records,
      entries: records.entries.filter((_, each) => each !== index),
    });
    expect(codesOf(without(0))).to.deep.equal(['history-begins-late']);
    expect(codesOf(without(1))).to.have.members(['proofs-missing', 'plan-missing']);
  });

  it('a state that is gone, or older than the history, and updates whose numbers have a gap', () => {
    const records = madeRecords(3);
    expect(codesOf({ ...records, last: undefined })).to.include('state-missing');
    const older = madeRecords(2).last;
    expect(codesOf({ ...records, last: older })).to.include('state-older');
    for (const versions of [
      [3, 2],
      [5, 4, 2, 1],
    ])
      expect(codesOf({ ...records, versions })).to.include('updates-missing');
    expect(codesOf({ ...records, versions: [3, 2, 1] })).to.deep.equal([]);
  });

  it('updates by another way: a refresh or an import, whatever plan stands in its config', () => {
    const [first, ...rest] = recorded.history as Record<string, unknown>[];
    const refresh = { ...first, kind: 'refresh' };
    const found = recordsOf(
      [refresh, ...rest, { kind: 'import', startTime: '2026-01-01T00:00:00Z', config: {} }],
      'lab',
    );
    expect(found.entries).to.have.length(rest.length);
    expect(found.others.map(({ kind }) => kind)).to.deep.equal(['refresh', 'import']);
    expect(codesOf({ ...realRecords, ...found })).to.include('update-by-others');
  });
});

describe('the age of each password', () => {
  const agesAt = (minute: number, maxAgeMs: number | undefined): unknown[] =>
    madeStatement(madeRecords(2), { now: new Date(minutes(minute)), maxAgeMs }).predicate.accounts.map(
      ({ account, ageSeconds, tooOld }) => [account, ageSeconds, tooOld],
    );

  it('counts from the last renewal in the whole history, also one before the time that is asked for', () => {
    const at = new Date(minutes(120));
    const { accounts } = madeStatement(madeRecords(2), { now: at, since: at }).predicate;
    expect(accounts[0]).to.include({ renewedAt: new Date(Date.parse(minutes(60)) + 10_000).toISOString() });
  });

  it('of all three accounts: young, renewed long ago, and never, as the admin where no rotation renews it', () => {
    const limit = { maxAgeMs: 90 * 86_400_000 };
    const tooOldOf = (records: Records, more: Partial<Making> = {}): unknown[] =>
      madeStatement(records, { ...limit, ...more }).predicate.accounts.map(({ tooOld }) => tooOld);
    const now = new Date(minutes(130));
    expect(tooOldOf(madeRecords(2), { now })).to.deep.equal([false, true, false]);
    expect(tooOldOf(madeRecords(2), { now: new Date(now.getTime() + limit.maxAgeMs) })).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(tooOldOf(madeRecords(0), { now })).to.deep.equal([true, true, true]);
    const made = madeRecords(1);
    const entries = made.entries.map((each) => ({ ...each, plan: { ...each.plan, rotateAdmin: false } }));
    const never = { ...made, entries, last: undefined };
    const account = madeStatement(never, { ...limit, now }).predicate.accounts[2];
    expect(account).to.include({ account: 'admin', renewedAt: null, tooOld: true });
  });

  it('by a clock that is some minutes behind, none; by one that is far behind, not known, so too old', () => {
    const limit = 86_400_000;
    // The renewal was at minute 60; clocks may differ by five.
    expect(agesAt(57, limit).slice(0, 1)).to.deep.equal([['A', 0, false]]);
    expect(agesAt(50, limit).slice(0, 1)).to.deep.equal([['A', null, true]]);
  });

  it('too old: older than the limit, to the second, or not known', () => {
    expect(agesAt(120, undefined)).to.deep.equal([
      ['A', 3590, null],
      ['B', null, null],
      ['admin', 3589, null],
    ]);
    expect(agesAt(120, 3_590_000)).to.deep.equal([
      ['A', 3590, false],
      ['B', null, true],
      ['admin', 3589, false],
    ]);
    expect(agesAt(120, 3_589_000)).to.deep.equal([
      ['A', 3590, true],
      ['B', null, true],
      ['admin', 3589, false],
    ]);
  });
});

function at(plan: RotationPlan, minute: number): { startedAt: string; endedAt: string; plan: RotationPlan } {
  return {
    startedAt: minutes(minute),
    endedAt: minutes(minute + 1),
    plan: { ...plan, startedAt: minutes(minute) },
  };
}

describe('the form of an entry', () => {
  it('is strict', () => {
    const [entry] = entriesOf(madeRecords(1));
    expect(entrySchema.safeParse(entry).success).to.equal(true);
    expect(entrySchema.safeParse({ ...entry, more: 1 }).success).to.equal(false);
    expect(making.now).to.be.instanceOf(Date);
  });
});
