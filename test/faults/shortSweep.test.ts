import { expect } from 'chai';
import type { Lab } from '../../lab';
import { run } from '../lab/support/command';
import { endOfNext } from './endOfNext';
import { labWith } from '../lab/support/labs';
import { longUnless } from '../lab/support/long';
import { expectCode, expectHealthy } from '../lab/support/world';
import { runKilledAfter, stopAndFinish } from './signals';
import type { FaultMode } from './cases';
import { casesOf } from './cases';
import { carryOutKeeper } from './keepers';
import { carryOutPeople } from './people';
import { carryOut, pointsOf } from './sweep';

/** The modes of the short sweep: the two that leave something done which nobody has written down. */
const shortModes: FaultMode[] = ['kill-after', 'fail-after'];

describe('fault points of a rotation, the short sweep (npm run faults runs all)', function () {
  this.timeout(900_000);
  let lab: Lab;

  before(async () => {
    lab = await labWith('mysql');
  });

  for (const turn of [0, 1])
    it(`every write: killed after it, or its reply lost, ${turn === 0 ? 'every second one in turn' : 'all the others'}; one clean run ends healthy and no login ever fails${longUnless(turn === 0)}`, async () => {
      const points = (await pointsOf(lab, 'a-active')).filter((point) => !/^(engine|aws):/.test(point));
      expect(points).to.include.members(['kubernetes: PATCH secret', 'kubernetes: PATCH deployment']);
      expect(points.length, points.join(', ')).to.be.greaterThan(9);
      const problems: string[] = [];
      // A lost reply is what only the wire can do; the kills there are in the full sweep.
      // Every second point in each run, in turn one mode and the other; the long list has all the rest.
      const modesOf = (point: string, index: number): FaultMode[] => {
        const all = point.startsWith('kubernetes: P') ? shortModes.slice(1) : shortModes;
        const now = all.filter((_, mode) => index % 2 === 0 && mode === (index / 2) % all.length);
        return turn === 0 ? now : all.filter((mode) => !now.includes(mode));
      };
      for (const fault of points.flatMap((point, index) =>
        casesOf('a-active', point, modesOf(point, index)),
      )) {
        await carryOut(lab, fault).catch((error: unknown) =>
          problems.push(`${fault.point}, ${fault.mode}: ${String(error)}`),
        );
      }
      expect(problems, problems.join('\n')).to.deep.equal([]);
    });

  for (const [step, stop] of [
    // At its first word: what works on the stack is still being loaded.
    ['reading', 'SIGTERM'],
    ['reading', 'ctrl-c'],
    [4, 'SIGTERM'],
    [5, 'ctrl-c'],
    [10, 'SIGTERM'],
  ] as const) {
    const moment = typeof step === 'number' ? `in step ${step}` : `while ${step}`;
    it(`${stop} ${moment}: an orderly stop with exit code 8, and the next run finishes${longUnless(stop === 'SIGTERM')}`, async () => {
      await stopAndFinish(lab, step, stop);
    });
  }

  for (const point of ['state: PUT locks', 'state: PUT stacks'])
    it(`killed after the first "${point}" of a new state in S3: one clean run ends healthy${longUnless(point.endsWith('stacks'))}`, async () => {
      await carryOut(lab, { start: 's3-state', point, mode: 'kill-after' });
    });

  it('killed after the cut-over, and the recovery again: one clean run ends healthy', async () => {
    await carryOut(lab, {
      start: 'a-active',
      point: 'file: rename',
      mode: 'kill-after',
      second: { point: 'slot secret: flip active_slot', mode: 'kill-after' },
    });
  });

  it('killed in a rollback: the next run rolls back, or rotates where the rollback was on record; the one after it rotates', async () => {
    const site = await lab.createSite({ progressDeadlineSeconds: 6 });
    const canary = site.canary();
    try {
      await site.podFault('health-500', { rollouts: 1 });
      const text = await runKilledAfter(site, 'Rolling back', 400);
      expect(text).to.include('Rolling back').and.not.include('Rolled back');
      await site.podFault('none');
      // The pods of the failed switch stay ill until a restart: before the rollback is on record, it is begun anew.
      const expected = await endOfNext(site);
      const next = await run(site);
      expectCode(next, expected);
      const { active_slot: active } = await site.slotDocument();
      await expectHealthy(site, active === 'A' ? 'A' : 'B');
      expect(active).to.equal(next.code === 0 ? 'B' : 'A');
      expectCode(await run(site), 0);
      const { failed, failures } = await canary.stop();
      expect(failed, failures.join('\n')).to.equal(0);
    } finally {
      await canary.stop();
      await site.remove();
    }
  });

  it('killed after the cut-over, and only the file put back: the advice that is printed ends healthy @long', async () => {
    await carryOutPeople(lab, {
      start: 'a-active',
      point: 'file: rename',
      action: 'only the file put back',
    });
  });

  it('a second Deployment on the same Secret: held, never cut off; restarted, the next run finishes @long', async () => {
    await carryOutKeeper(lab, 'a second Deployment on the same Secret');
  });

  it('two signals in step 7: it ends at once, leaves no process behind, and the next run finishes', async () => {
    await stopAndFinish(lab, 7, 'twice');
  });
});
