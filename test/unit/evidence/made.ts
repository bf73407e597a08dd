import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, sign } from 'node:crypto';
import { recordsOf } from '../../../src/engine/records';
import { stateOfLast } from '../../../src/engine/history';
import type { Envelope } from '../../../src/evidence/dsse';
import type { Signer } from '../../../src/evidence/keys';
import type { Records } from '../../../src/evidence/records';
import type { Making } from '../../../src/evidence/statement';
import { predicateOf, statementOf } from '../../../src/evidence/statement';
import { seal } from '../../../src/evidence/seal';
import type { Statement } from '../../../src/evidence/form';
import type { Proofs } from '../../../src/rotation/proofs';
import { recorded } from '../history/recorded';
import { entryOf, minutes, pastOf, planAt } from '../history/made';

/** A pair of a kind, and who signs with it. */
export function pairOf(kind: 'ed25519' | 'P-256' | 'P-384' = 'ed25519'): Signer & { secret: KeyObject } {
  const { publicKey, privateKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: kind });
  const hash = { ed25519: null, 'P-256': 'sha256', 'P-384': 'sha384' }[kind];
  return { publicKey, secret: privateKey, sign: async (data) => sign(hash, data, privateKey) };
}

/** What a real engine recorded in a lab: see test/unit/history/recorded.ts. */
export const realRecords: Records = {
  ...recordsOf(recorded.history, 'lab'),
  last: stateOfLast(recorded.states.rotated2),
  failures: new Map(),
};

const proofs: Proofs = {
  adminLogin: { at: minutes(1), foundUnder: 'AWSCURRENT', tried: 1, refused: 0 },
  rollout: { at: minutes(1), wanted: 3, updated: 3, ready: 3, available: 3, generation: 7, waitedMs: 41_000 },
  health: {
    ...{ at: minutes(1), username: 'openemr_b', page: 'https://openemr.example/meta/health/readyz' },
    ...{ judged: 4, good: 3, asBefore: 0, wanted: 3 },
  },
  idle: {
    ...{ at: minutes(1), username: 'openemr_a', graceSeconds: 30, quietMs: 31_000 },
    ...{ logins: { before: 17, after: 17 }, servers: 2, unreachedReaders: 0 },
  },
};

/** A stack with so many rotations, an hour apart, each ten minutes long, whose plans name the one before. */
export function madeRecords(count: number): Records {
  const steps = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const plans = Array.from({ length: count }, (_, index) => {
    const plan = planAt(index * 60);
    const before = planAt((index - 1) * 60);
    return index === 0 ? plan : { ...plan, previous: { ...pastOf(before, steps), proofs } };
  });
  const last = plans.at(-1);
  return {
    stack: 'prod',
    entries: plans.map((plan, index) => entryOf(plan, index * 60, index * 60 + 10, true)),
    last: last && { plan: last, finished: true, past: { ...pastOf(last, steps), proofs } },
    failures: new Map(),
    others: [],
    versions: plans.map(() => 0),
  };
}

/** How evidence is made in a test. */
export const making: Making = {
  now: new Date(minutes(1_000_000)),
  by: 'maria@laptop',
  version: '0.1.0',
  since: undefined,
  maxAgeMs: undefined,
};

/** Files that are written beside it. */
export const beside = [
  { name: 'evidence.html', text: '<p>' },
  { name: 'evidence.csv', text: 'a,b' },
];

/** A statement of records. */
export function madeStatement(records: Records, more: Partial<Making> = {}): Statement {
  return statementOf(predicateOf(records, { ...making, ...more }), beside);
}

/** A signed statement, as text. */
export async function sealed(statement: Statement, signer: Signer): Promise<string> {
  const envelope: Envelope = await seal(statement, signer);
  return JSON.stringify(envelope);
}
