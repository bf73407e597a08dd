import { expect } from 'chai';
import fc from 'fast-check';
import { canonical } from '../../../src/evidence/canonical';
import {
  besideNames,
  besideState,
  continuationProblem,
  verifyEvidence,
  verifyStatement,
} from '../../../src/evidence/check';
import type { Statement } from '../../../src/evidence/form';
import { madeRecords, madeStatement, pairOf, realRecords, sealed } from './made';

type Path = (string | number)[];

/** Every place in a value: of each leaf, each list and each object. */
function places(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inside = Object.entries(value).flatMap(([key, each]) =>
    places(each, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? inside : [at, ...inside];
}

/** A copy with another value at a place; undefined takes it away. */
function changed(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  const copy = structuredClone(value) as Record<string | number, unknown>;
  if (key === undefined) return change(value);
  if (rest.length > 0) copy[key] = changed(copy[key], rest, change);
  else {
    const made = change(copy[key]);
    if (made !== undefined) copy[key] = made;
    else if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  }
  return copy;
}

/** Another value of the same type. */
function another(old: unknown): unknown {
  if (typeof old === 'string') {
    const first = old.charAt(0);
    return old === '' ? 'x' : (first === 'a' ? 'b' : 'a') + old.slice(1);
  }
  if (typeof old === 'number') return old + 1;
  if (typeof old === 'boolean') return !old;
  if (old === null) return 'x';
  if (!Array.isArray(old)) return { ...old, more: 1 };
  const list: unknown[] = old;
  return list.length > 0 ? [...list, list[0]] : ['x'];
}

const drop = (): undefined => undefined;

describe('evidence that somebody changed', () => {
  const pair = pairOf();
  const statement = madeStatement(madeRecords(3), { maxAgeMs: 90 * 86_400_000 });
  const wrongOf = (text: string, key = pair.publicKey): string => {
    const found = verifyEvidence(text, key);
    return found.ok ? 'verified' : found.wrong;
  };

  it('is good as it was made, by each kind of key', async () => {
    for (const kind of ['ed25519', 'P-256', 'P-384'] as const) {
      const signer = pairOf(kind);
      for (const each of [statement, madeStatement(realRecords), madeStatement(madeRecords(0))])
        expect(wrongOf(await sealed(each, signer), signer.publicKey)).to.equal('verified');
    }
  });

  it('each field of the envelope: changed, dropped, or one more', async () => {
    const envelope = JSON.parse(await sealed(statement, pair)) as unknown;
    for (const at of places(envelope))
      for (const change of [another, drop])
        expect(wrongOf(JSON.stringify(changed(envelope, at, change))), at.join('.')).not.to.equal('verified');
    expect(wrongOf(JSON.stringify({ ...(envelope as object), more: 1 }))).to.match(/no envelope/);
  });

  it('each field of the statement, with the signature that was there: by the signature', async () => {
    const one = madeStatement(madeRecords(1));
    const envelope = JSON.parse(await sealed(one, pair)) as { payload: string };
    for (const at of places(one))
      for (const change of [another, drop]) {
        const payload = Buffer.from(canonical(changed(one, at, change))).toString('base64');
        expect(wrongOf(JSON.stringify({ ...envelope, payload })), at.join('.')).to.match(/signature/);
      }
  });

  it('each bit of the signature, and each cut of the file', async () => {
    const text = await sealed(statement, pair);
    const envelope = JSON.parse(text) as { signatures: { keyid: string; sig: string }[] };
    const [signature = { keyid: '', sig: '' }] = envelope.signatures;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
        const bytes = Buffer.from(signature.sig, 'base64');
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const signatures = [{ ...signature, sig: bytes.toString('base64') }];
        expect(wrongOf(JSON.stringify({ ...envelope, signatures }))).to.match(/signature does not fit/);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(wrongOf(text.slice(0, length))).to.match(/no envelope/);
      }),
    );
  });

  it("another key, another key's signature, the signature of another file, two of them, none", async () => {
    const other = pairOf();
    const [one, two] = [await sealed(statement, pair), await sealed(madeStatement(madeRecords(2)), pair)];
    expect(wrongOf(one, other.publicKey)).to.match(/names another key/);
    expect(wrongOf(one, pairOf('P-256').publicKey)).to.match(/names another key/);
    type Signed = { signatures: { keyid: string; sig: string }[] };
    const [mine, swapped] = [JSON.parse(one) as Signed, JSON.parse(two) as Signed];
    expect(wrongOf(JSON.stringify({ ...mine, signatures: swapped.signatures }))).to.match(/does not fit/);
    const foreign = JSON.parse(await sealed(statement, other)) as Signed;
    const keyid = mine.signatures[0]?.keyid;
    const named = [{ ...foreign.signatures[0], keyid }];
    expect(wrongOf(JSON.stringify({ ...mine, signatures: named }))).to.match(/does not fit/);
    const both = [...mine.signatures, ...foreign.signatures];
    expect(wrongOf(JSON.stringify({ ...mine, signatures: both }))).to.match(/no envelope/);
    expect(wrongOf(JSON.stringify({ ...mine, signatures: [] }))).to.match(/no envelope/);
  });

  describe('by who has the key, and signs again', () => {
    const again = (value: unknown): string => {
      const found = verifyStatement(canonical(value));
      return found.ok ? 'verified' : found.wrong;
    };
    const entriesOf = ({ predicate }: Statement): Statement['predicate']['entries'] => predicate.entries;
    const withEntries = (entries: unknown[]): unknown => ({
      ...statement,
      predicate: { ...statement.predicate, entries },
    });

    it('each field of each entry: changed or dropped', () => {
      for (const at of places(entriesOf(statement)))
        for (const change of [another, drop])
          expect(
            again(withEntries(changed(entriesOf(statement), at, change) as unknown[])),
            at.join('.'),
          ).not.to.equal('verified');
    });

    it('each entry: left out, twice, or in the place of another', () => {
      const entries = entriesOf(statement);
      entries.forEach((entry, index) => {
        expect(again(withEntries(entries.filter((each) => each !== entry)))).not.to.equal('verified');
        expect(again(withEntries([...entries.slice(0, index), entry, ...entries.slice(index)]))).not.to.equal(
          'verified',
        );
        for (const other of entries.slice(index + 1)) {
          const moved = entries.map((each) => (each === entry ? other : each === other ? entry : each));
          expect(again(withEntries(moved))).to.match(/not in its place/);
        }
      });
    });

    it('the chain, the subjects, the ages and what is said of the history', () => {
      const parts = ['chain', 'accounts', 'findings'].map((part): Path => ['predicate', part]);
      for (const part of [...parts, ['subject']]) {
        const value = part.reduce<unknown>(
          (found, key) => (found as Record<string, unknown>)[key],
          statement,
        );
        for (const at of places(value)) {
          if (part[0] === 'subject' && String(value).length > 0 && isFile(value, at)) continue;
          expect(
            again(changed(statement, [...part, ...at], another)),
            [...part, ...at].join('.'),
          ).not.to.equal('verified');
        }
      }
    });

    it('a rotation whose plan follows one that is not there: what the entries say cannot be kept silent', () => {
      const records = madeRecords(4);
      const trimmed = { ...records, entries: records.entries.filter((_, index) => index !== 1) };
      const found = madeStatement(trimmed);
      const missing = found.predicate.findings.filter(({ code }) => code === 'plan-missing');
      expect(missing.map(({ text }) => text).join()).to.include(records.entries[1]?.plan.id);
      const silent = { ...found, predicate: { ...found.predicate, findings: [] } };
      expect(again(silent)).to.match(/does not say what its entries say/);
    });

    it('JSON that a reader could read in two ways', () => {
      const text = canonical(statement);
      const twice = text.replace('{"_type"', '{"_type":"x","_type"');
      const found = verifyStatement(twice);
      expect(found.ok ? '' : found.wrong).to.match(/canonical/);
      expect(verifyStatement(` ${text}`).ok).to.equal(false);
    });
  });

  describe('by who made a whole new chain, against an earlier file', () => {
    const earlier = madeStatement(madeRecords(4)).predicate;
    const problemOf = (records: ReturnType<typeof madeRecords>, since?: Date): string | undefined =>
      continuationProblem(earlier, madeStatement(records, { since }).predicate);

    it('what only went on is good, from the begin or from any time that meets the earlier one', () => {
      for (const count of [4, 5, 9]) expect(problemOf(madeRecords(count))).to.equal(undefined);
      const records = madeRecords(9);
      for (const [index, { startedAt }] of records.entries.entries()) {
        const problem = problemOf(records, new Date(startedAt));
        if (index <= 4) expect(problem).to.equal(undefined);
        else expect(problem).to.match(/do not meet/);
      }
    });

    it('each rotation that was removed, and each field of the history that was changed', () => {
      const records = madeRecords(6);
      records.entries.forEach((entry, index) => {
        const trimmed = { ...records, entries: records.entries.filter((each) => each !== entry) };
        if (index < 4) expect(problemOf(trimmed), String(index)).to.match(/another one than|were removed/);
      });
      for (const change of [
        { by: 'eve@laptop' },
        { succeeded: false },
        { endedAt: '2026-01-05T09:00:00.000Z' },
      ]) {
        const [first, ...rest] = records.entries;
        if (first)
          expect(problemOf({ ...records, entries: [{ ...first, ...change }, ...rest] })).to.match(
            /another one/,
          );
      }
      expect(problemOf(madeRecords(3))).to.match(/3 rotations, and the earlier file has 4 .* removed/);
      expect(problemOf(madeRecords(0))).to.match(/removed/);
      expect(problemOf({ ...madeRecords(5), stack: 'test' })).to.match(/of the stack prod/);
    });

    it('the newest one may change while it is not final', () => {
      const records = madeRecords(4);
      const open = records.last && { ...records.last, finished: false };
      const held = {
        ...records,
        entries: records.entries.map((each, index) => (index === 3 ? { ...each, succeeded: false } : each)),
        last: open,
      };
      const before = madeStatement(held).predicate;
      expect(before.entries.at(-1)).to.include({ outcome: 'held', final: false });
      expect(before.findings.map(({ code }) => code)).to.include('not-final');
      expect(continuationProblem(before, madeStatement(records).predicate)).to.equal(undefined);
    });
  });

  it('the page and the table beside it', () => {
    expect(besideNames(statement)).to.deep.equal(['evidence.html', 'evidence.csv']);
    expect(besideState(statement, 'evidence.html', Buffer.from('<p>'))).to.equal('same');
    expect(besideState(statement, 'evidence.html', Buffer.from('<p >'))).to.equal('changed');
    expect(besideState(statement, 'other.html', Buffer.from('<p>'))).to.equal('unknown');
  });
});

/** The digests of files beside it follow from nothing in the statement: those are looked at themselves. */
function isFile(subjects: unknown, [index]: Path): boolean {
  return (subjects as { name: string }[])[Number(index)]?.name.startsWith('file ') === true;
}
