import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
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
import { payloadType, preAuthEncoding } from '../../../src/evidence/dsse';
import type { Statement } from '../../../src/evidence/form';
import { keyIdOf } from '../../../src/evidence/keys';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
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

  it('JSON of the envelope that another reader reads in another way, and another kind of payload', async () => {
    const text = await sealed(statement, pair);
    const forged = Buffer.from(canonical(madeStatement(madeRecords(1)))).toString('base64');
    for (const member of ['payload', 'payloadType', 'signatures', '__proto__'])
      for (const odd of [
        text.replace('{"payload"', `{${JSON.stringify(member)}:${JSON.stringify(forged)},"payload"`),
        text.replace(/}$/, `,${JSON.stringify(member)}:${JSON.stringify(forged)}}`),
      ])
        expect(wrongOf(odd), member).to.match(/in another way|no envelope/);
    const { payload } = JSON.parse(text) as { payload: string };
    expect(
      wrongOf(text.replace(`"payload":"${payload}"`, `"payload":"${forged}","payload":"${payload}"`)),
    ).to.match(/a member stands twice/);
    expect(wrongOf(text.replace('{"payload"', '{"p\\u0061yload"'))).to.match(/escaped without need/);
    expect(wrongOf(JSON.stringify(JSON.parse(text), undefined, 4).replaceAll('\n', '\r\n'))).to.equal(
      'verified',
    );
    const bytes = Buffer.from(payload, 'base64');
    for (const type of ['application/json', payloadType.toUpperCase(), `${payloadType} `, '']) {
      const signature = Buffer.from(await pair.sign(preAuthEncoding(type, bytes))).toString('base64');
      expect(wrongOf(withParts(text, { payloadType: type, signature })), type).to.match(/not of the type/);
    }
  });

  it('a statement that is not UTF-8, or in another normal form of Unicode', async () => {
    const made = madeStatement(madeRecords(2), { by: 'm\u00fcller@laptop' });
    const text = await sealed(made, pair);
    expect(wrongOf(text)).to.equal('verified');
    const payload = canonical(made).replace('m\u00fcller', 'mu\u0308ller');
    expect(wrongOf(withParts(text, { payload: Buffer.from(payload) }))).to.match(/signature does not fit/);
    const [before = '', after = ''] = canonical(made).split('\u00fc');
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xfc]), Buffer.from(after)]);
    const signature = Buffer.from(await pair.sign(preAuthEncoding(payloadType, bytes))).toString('base64');
    expect(wrongOf(withParts(text, { payload: bytes, signature }))).to.match(/not UTF-8/);
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(canonical(made))]);
    const its = Buffer.from(await pair.sign(preAuthEncoding(payloadType, marked))).toString('base64');
    expect(wrongOf(withParts(text, { payload: marked, signature: its }))).not.to.equal('verified');
  });

  it('a signature of another algorithm or form; of ECDSA only the twin, which is one of the same bytes', async () => {
    const signer = pairOf('P-256');
    const text = await sealed(statement, signer);
    const { payload, signatures } = JSON.parse(text) as { payload: string; signatures: { sig: string }[] };
    const data = preAuthEncoding(payloadType, Buffer.from(payload, 'base64'));
    const der = Buffer.from(signatures[0]?.sig ?? '', 'base64');
    const [r, s] = numbersIn(der);
    const raw = Buffer.from([r, s].map((each) => each.toString(16).padStart(64, '0')).join(''), 'hex');
    const pem = signer.publicKey.export({ type: 'spki', format: 'pem' });
    const odd: Uint8Array[] = [
      raw,
      Buffer.concat([der, Buffer.from([0])]),
      derOf(r, s + p256Order),
      derOf(r + p256Order, s),
      derOf(0n, 0n),
      derOf(1n, 1n),
      derOf(s, r),
      Buffer.alloc(0),
      sign('sha384', data, signer.secret),
      sign('sha256', Buffer.from(payload, 'base64'), signer.secret),
      createHmac('sha256', pem).update(data).digest(),
    ];
    const wrong = (bytes: Uint8Array): string =>
      wrongOf(withParts(text, { signature: Buffer.from(bytes).toString('base64') }), signer.publicKey);
    odd.forEach((bytes, index) => expect(wrong(bytes), String(index)).to.match(/signature does not fit/));
    expect(wrong(derOf(r, s))).to.equal('verified');
    expect(wrong(derOf(r, p256Order - s))).to.equal('verified');
    for (const key of [
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      generateKeyPairSync('ed448').publicKey,
    ]) {
      const keyid = keyIdOf(key);
      expect(wrongOf(withParts(text, { keyid }), key)).to.match(/signature does not fit/);
    }
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

    it('two digests for one file beside it', () => {
      const twice = { name: 'file evidence.html', digest: { sha256: '0'.repeat(64) } };
      const found = { ...statement, subject: [...statement.subject, twice] };
      expect(again(found)).to.match(/subjects are not those/);
      expect(again({ ...found, subject: [...statement.subject, { ...twice, name: 'file other' }] })).to.equal(
        'verified',
      );
    });

    it('a member more, at each place', () => {
      for (const at of [[], ...places(statement)]) {
        const more = (old: unknown): unknown => ({ ...(old as object), more: 1 });
        const value = at.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], statement);
        if (typeof value === 'object' && value !== null && !Array.isArray(value))
          expect(again(changed(statement, at, more)), at.join('.')).to.match(/of another form/);
      }
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

    it('the newest one, which was not final, must not be gone', () => {
      const records = madeRecords(4);
      const held = (count: number): ReturnType<typeof madeRecords> => {
        const made = madeRecords(count);
        const entries = made.entries.map((each, index) =>
          index === count - 1 ? { ...each, succeeded: false } : each,
        );
        return { ...made, entries, last: made.last && { ...made.last, finished: false } };
      };
      for (const count of [1, 4]) {
        const before = madeStatement(held(count)).predicate;
        expect(before.entries.at(-1)?.final).to.equal(false);
        const problem = (later: ReturnType<typeof madeRecords>, since?: Date): string | undefined =>
          continuationProblem(before, madeStatement(later, { since }).predicate);
        expect(problem(madeRecords(count - 1))).to.match(
          new RegExp(
            `entry ${count} of the earlier file \\(.*\\), which was held, is not in it: it was removed`,
          ),
        );
        // Removed without a trace, and others after it.
        const gone = madeRecords(6);
        const removed = gone.entries[count - 1]?.plan;
        const silent = (plan: RotationPlan): RotationPlan => {
          const { previous, ...rest } = plan;
          if (previous?.id !== removed?.id) return plan;
          return removed?.previous ? { ...rest, previous: removed.previous } : rest;
        };
        const entries = gone.entries
          .filter(({ plan }) => plan !== removed)
          .map((each) => ({ ...each, plan: silent(each.plan) }));
        expect(problem({ ...gone, entries })).to.match(/is not in it: it was removed/);
        // It was taken up, or went on.
        for (const more of [held(count), madeRecords(count), madeRecords(count + 2)])
          expect(problem(more)).to.equal(undefined);
        // A file that begins after it says nothing of it.
        const begun = problem(madeRecords(5), new Date(records.entries[3]?.startedAt ?? ''));
        if (count === 4) expect(begun).to.equal(undefined);
        else expect(begun).to.match(/they do not meet/);
        // A rotation that names it: the evidence itself says that it is missing.
        const named = { ...gone, entries: gone.entries.filter(({ plan }) => plan !== removed) };
        const codes = madeStatement(named).predicate.findings.map(({ code }) => code);
        expect(codes).to.include(count === 1 ? 'history-begins-late' : 'plan-missing');
        // With the fourth one the proofs of the third are gone, which its plan held.
        if (count === 1) expect(problem(named)).to.equal(undefined);
        else expect(problem(named)).to.match(/entry 3 is another one/);
      }
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

/** The envelope with other parts. */
function withParts(
  text: string,
  {
    payload,
    keyid,
    signature,
    payloadType: type,
  }: { payload?: Uint8Array; keyid?: string; signature?: string; payloadType?: string },
): string {
  type Signed = { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };
  const envelope = JSON.parse(text) as Signed;
  return JSON.stringify({
    payload: payload === undefined ? envelope.payload : Buffer.from(payload).toString('base64'),
    payloadType: type ?? envelope.payloadType,
    signatures: envelope.signatures.map((each) => ({
      keyid: keyid ?? each.keyid,
      sig: signature ?? each.sig,
    })),
  });
}

/** The order of the group of P-256 (SEC 2). */
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The two numbers of an ECDSA signature in DER. */
function numbersIn(der: Buffer): [bigint, bigint] {
  const length = der[3] ?? 0;
  const number = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);
  return [number(der.subarray(4, 4 + length)), number(der.subarray(6 + length))];
}

/** DER of two numbers. */
function derOf(...values: [bigint, bigint]): Buffer {
  const parts = values.map((value) => {
    const hex = value.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    const whole = (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([2, whole.length]), whole]);
  });
  const inside = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, inside.length]), inside]);
}

/** The digests of files beside it follow from nothing in the statement: those are looked at themselves. */
function isFile(subjects: unknown, [index]: Path): boolean {
  return (subjects as { name: string }[])[Number(index)]?.name.startsWith('file ') === true;
}
