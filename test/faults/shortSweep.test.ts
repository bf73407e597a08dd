import { spawn } from 'node:child_process';
import { expect } from 'chai';
import type { Lab } from '../../lab';
import { commandFile, environmentOf, run } from '../lab/support/command';
import { labWith } from '../lab/support/labs';
import { expectCode, expectHealthy } from '../lab/support/world';
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
    const points = (await pointsOf(lab, 'a-active')).filter((point) => !point.startsWith('engine:'));
    expect(points.length, points.join(', ')).to.be.greaterThan(9);
    const problems: string[] = [];
    for (const fault of points.flatMap((point) => casesOf('a-active', point, shortModes))) {
      await carryOut(lab, fault).catch((error: unknown) =>
        problems.push(`${fault.point}, ${fault.mode}: ${String(error)}`),
      );
    }
    expect(problems, problems.join('\n')).to.deep.equal([]);
  });

  for (const step of [4, 7, 10]) {
    it(`SIGTERM in step ${step}: an orderly stop with exit code 8, and the next run finishes`, async () => {
      const site = await lab.createSite();
      const canary = site.canary();
      try {
        expect(await stopInStep(environmentOf(site), step)).to.equal(8);
        expectCode(await run(site), 0);
        await expectHealthy(site, 'B');
        const { failed, failures } = await canary.stop();
        expect(failed, failures.join('\n')).to.equal(0);
      } finally {
        await canary.stop();
        await site.remove();
      }
    });
  }
});

/** Sends SIGTERM when the step begins; gives the exit code. */
function stopInStep(environment: NodeJS.ProcessEnv, step: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (data: Buffer) => {
      const before = text.includes(`${step}/11`);
      text += data.toString();
      if (!before && text.includes(`${step}/11`)) child.kill('SIGTERM');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code));
  });
}
