import { expect } from 'chai';
import { answersOfAll } from '../../../../src/openemr/health/judge';
import type { ProofKind, Weighed } from '../../../../src/openemr/health/judge';
import { atOnce, brokenMs, Streak } from '../../../../src/openemr/health/streak';

const good: Weighed = { kind: 'good' };
const broken: Weighed = { kind: 'bad', wrong: 'answers with HTTP 500', fault: 'broken' };
const gone: Weighed = { kind: 'bad', wrong: 'does not answer in time', fault: 'no-answer' };

describe('Streak', () => {
  /** Takes answers that come every 100 ms; gives the time in ms at which they prove "broken", if they do. */
  function brokenAt(
    answers: (at: number) => Weighed,
    {
      pods = 2,
      kind = 'rotation',
      untilMs = 60_000,
    }: { pods?: number; kind?: ProofKind; untilMs?: number } = {},
  ): number | undefined {
    const streak = new Streak(kind, pods);
    for (let at = 0; at <= untilMs; at += 100) {
      streak.take(answers(at), at);
      if (streak.provesBroken(at)) return at;
    }
    return undefined;
  }

  it('answers that all say "broken" prove it after two seconds, and not before', () => {
    expect(brokenAt(() => broken)).to.equal(2000);
    expect(brokenMs).to.deep.equal({ rollout: 3000, proof: 2000 });
  });

  it('answers that are all broken from some time on prove it that much later', () => {
    expect(brokenAt((at) => (at < 7000 ? good : broken))).to.equal(9000);
  });

  it('one bad pod among several never does: the answers alternate', () => {
    for (const pods of [2, 3, 5, 10])
      expect(
        brokenAt((at) => ((at / 100) % pods === 0 ? broken : good), { pods }),
        `${pods} pods`,
      ).to.equal(undefined);
  });

  it('nor one good pod among several, nor one answer that does not come among broken ones', () => {
    for (const other of [good, gone])
      expect(brokenAt((at) => ((at / 100) % 5 === 4 ? other : broken))).to.equal(undefined);
  });

  it('what gives no answer never does', () => {
    expect(brokenAt(() => gone)).to.equal(undefined);
  });

  it('a rollback waits, the operator’s way back does not', () => {
    expect(brokenAt(() => broken, { kind: 'rollback' })).to.equal(undefined);
    expect(brokenAt(() => broken, { kind: 'switch-back' })).to.equal(2000);
  });

  it('few broken answers over a long time are not enough', () => {
    const streak = new Streak('rotation', 2);
    streak.take(broken, 0);
    streak.take(broken, 30_000);
    expect(streak.provesBroken(30_000)).to.equal(false);
  });

  it('is decided in at most five seconds, for each number of pods, when answers take half a second', () => {
    for (const pods of [1, 2, 3, 5, 10, 40]) {
      const streak = new Streak('rotation', pods);
      let at = 0;
      streak.take(broken, at);
      while (!streak.provesBroken(at)) {
        at += 650;
        for (let each = 0; each < atOnce(pods); each += 1) streak.take(broken, at);
      }
      expect(at, `${pods} pods, ${answersOfAll(pods)} answers`).to.be.at.most(5000);
    }
  });
});
