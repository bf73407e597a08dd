import { expect } from 'chai';
import fc from 'fast-check';
import type { Limits, Turn } from '../../../src/fleet/schedule';
import { nextMove } from '../../../src/fleet/schedule';

/** A turn of a made-up fleet: what it shares, how long it takes, and how it ends. */
interface Made {
  shared: string[];
  unfinished: boolean;
  ms: number;
  fails: boolean;
}

interface Trace {
  starts: { name: string; at: number; running: number; rivals: string[] }[];
  turns: Turn[];
  made: Map<string, Made>;
}

/** Carries out a fleet on a clock of its own, as the command does: one move after the other. */
function carriedOut(fleet: Made[], limits: Limits, stopAt = Infinity): Trace {
  const turns: Turn[] = fleet.map(({ shared, unfinished }, index) => {
    return { name: String(index), shared, unfinished, state: 'waiting' };
  });
  const made = new Map(fleet.map((each, index) => [String(index), each]));
  const ends = new Map<string, number>();
  const starts: Trace['starts'] = [];
  let [now, lastStart]: [number, number | undefined] = [0, undefined];
  for (;;) {
    const move = nextMove(turns, limits, { now, lastStart, stopped: now >= stopAt });
    if (move.kind === 'over') return { starts, turns, made };
    if (move.kind === 'start') {
      const turn = turns.find(({ name }) => name === move.name) as Turn;
      const running = turns.filter(({ state }) => state === 'running');
      const rivals = running.filter((each) => each.shared.some((key) => turn.shared.includes(key)));
      starts.push({
        name: turn.name,
        at: now,
        running: running.length,
        rivals: rivals.map(({ name }) => name),
      });
      turn.state = 'running';
      lastStart = now;
      ends.set(turn.name, now + (made.get(turn.name)?.ms ?? 0));
      continue;
    }
    const next = Math.min(now + (move.ms ?? Infinity), ...ends.values());
    if (!Number.isFinite(next)) throw new Error('waits for nothing');
    now = next;
    for (const [name, at] of ends)
      if (at <= now) {
        ends.delete(name);
        (turns.find((turn) => turn.name === name) as Turn).state = made.get(name)?.fails ? 'failed' : 'done';
      }
  }
}

const someFleet = fc.array(
  fc.record({
    shared: fc.subarray(['x', 'y', 'z']),
    unfinished: fc.boolean(),
    ms: fc.integer({ min: 1, max: 50 }),
    fails: fc.boolean(),
  }),
  { maxLength: 12 },
);
const someLimits = fc.record({
  concurrency: fc.integer({ min: 1, max: 5 }),
  staggerMs: fc.integer({ min: 0, max: 30 }),
  onFailure: fc.constantFrom('stop', 'continue'),
});

describe('nextMove', () => {
  it('begins no more than so many at a time, no two that share something, and each no sooner than the stagger', () => {
    fc.assert(
      fc.property(someFleet, someLimits, (fleet, limits) => {
        const { starts } = carriedOut(fleet, limits);
        for (const [index, { at, running, rivals }] of starts.entries()) {
          expect(running).to.be.lessThan(limits.concurrency);
          expect(rivals).to.deep.equal([]);
          const before = starts[index - 1];
          if (before) expect(at - before.at).to.be.at.least(limits.staggerMs);
        }
        expect(new Set(starts.map(({ name }) => name)).size).to.equal(starts.length);
      }),
    );
  });

  it('with continue every one has its turn, whatever fails', () => {
    fc.assert(
      fc.property(someFleet, someLimits, (fleet, limits) => {
        const { turns } = carriedOut(fleet, { ...limits, onFailure: 'continue' });
        expect(turns.filter(({ state }) => state !== 'done' && state !== 'failed')).to.deep.equal([]);
      }),
    );
  });

  it('with stop none begins after a failure or a signal, and those under way end', () => {
    fc.assert(
      fc.property(someFleet, someLimits, fc.integer({ max: 200 }), (fleet, limits, stopAt) => {
        const { starts, turns, made } = carriedOut(fleet, { ...limits, onFailure: 'stop' }, stopAt);
        const failures = starts.filter(({ name }) => made.get(name)?.fails);
        const first = Math.min(stopAt, ...failures.map(({ name, at }) => at + (made.get(name)?.ms ?? 0)));
        for (const { at } of starts) expect(at).to.be.lessThan(first);
        expect(turns.filter(({ state }) => state === 'running')).to.deep.equal([]);
      }),
    );
  });

  it('takes what is unfinished first, then the order of the file', () => {
    fc.assert(
      fc.property(someFleet, (fleet) => {
        const alone = fleet.map((each) => ({ ...each, shared: [] }));
        const { starts } = carriedOut(alone, { concurrency: 1, staggerMs: 0, onFailure: 'continue' });
        const indexes = fleet.map((_, index) => index);
        const expected = [
          ...indexes.filter((index) => fleet[index]?.unfinished),
          ...indexes.filter((index) => !fleet[index]?.unfinished),
        ];
        expect(starts.map(({ name }) => Number(name))).to.deep.equal(expected);
      }),
    );
  });
});
