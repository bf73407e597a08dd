import { expect } from 'chai';
import type { Lab } from '../../lab';
import { labWith } from '../lab/support/labs';
import { stopAndFinish } from './signals';
import type { FaultMode } from './sweep';
import { carryOut, casesOf, pointsOf } from './sweep';

/** The modes of the short sweep: the two that leave something done which nobody has written down. */
const shortModes: FaultMode[] = ['kill-after', 'fail-after'];

describe('fault points of a rotation, the short sweep (npm run faults runs all)', function () {
  this.timeout(900_000);
  let lab: Lab;

  before(async () => {
    lab = await labWith('mysql');
  });

  it('every write: killed after it, or its reply lost; one clean run ends healthy and no login ever fails', async () => {
    const points = (await pointsOf(lab, 'a-active')).filter((point) => !/^(engine|aws):/.test(point));
    expect(points).to.include.members(['kubernetes: PATCH secret', 'kubernetes: PATCH deployment']);
    expect(points.length, points.join(', ')).to.be.greaterThan(9);
    const problems: string[] = [];
    // A lost reply is what only the wire can do; the kills there are in the full sweep.
    const modesOf = (point: string): FaultMode[] =>
      point.startsWith('kubernetes: P') ? ['fail-after'] : shortModes;
    for (const fault of points.flatMap((point) => casesOf('a-active', point, modesOf(point)))) {
      await carryOut(lab, fault).catch((error: unknown) =>
        problems.push(`${fault.point}, ${fault.mode}: ${String(error)}`),
      );
    }
    expect(problems, problems.join('\n')).to.deep.equal([]);
  });

  for (const [step, stop] of [
    [4, 'SIGTERM'],
    [5, 'ctrl-c'],
    [10, 'SIGTERM'],
  ] as const) {
    it(`${stop} in step ${step}: an orderly stop with exit code 8, and the next run finishes`, async () => {
      await stopAndFinish(lab, step, stop);
    });
  }

  it('two signals in step 7: it ends at once, leaves no process behind, and the next run finishes', async () => {
    await stopAndFinish(lab, 7, 'twice');
  });
});
