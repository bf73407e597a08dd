import { parseArgs } from 'node:util';
import type { StartingPoint } from '../../lab';
import { STARTING_POINTS } from '../../lab';
import { labWith, stopLabs } from '../lab/support/labs';
import type { FaultMode } from './sweep';
import { carryOut, casesOf, modes, pointsOf } from './sweep';
import { dropDefaultUsers } from '../lab/support/world';

/** `npm run faults`: every point × mode from each starting point; prints a table and ends with 1 if any case failed. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: 'mysql' },
      start: { type: 'string' },
      mode: { type: 'string' },
      point: { type: 'string' },
    },
  });
  const lab = await labWith(values.database === 'mariadb' ? 'mariadb' : 'mysql');
  const starts = values.start === undefined ? [...STARTING_POINTS] : [values.start as StartingPoint];
  const wanted = values.mode === undefined ? modes : [values.mode as FaultMode];
  let failed = 0;
  for (const start of starts) {
    const points = (await pointsOf(lab, start)).filter(
      (point) => values.point === undefined || point.includes(values.point),
    );
    await dropDefaultUsers(lab);
    for (const fault of points.flatMap((point) => casesOf(start, point, wanted))) {
      const name = `${start.padEnd(14)} ${fault.point.padEnd(44)} ${fault.mode.padEnd(12)}`;
      try {
        const { codes, canaryLogins, canaryFailed } = await carryOut(lab, fault);
        console.log(
          `✓ ${name} exit ${codes.join(' → ').padEnd(16)} logins ${canaryLogins}, failed ${canaryFailed}`,
        );
      } catch (error) {
        failed += 1;
        console.log(`✗ ${name} ${error instanceof Error ? error.message : String(error)}`);
      }
      await dropDefaultUsers(lab);
    }
  }
  await stopLabs();
  console.log(failed === 0 ? 'Every case ended healthy after one clean run.' : `${failed} case(s) failed.`);
  return failed === 0 ? 0 : 1;
}

void main().then((code) => process.exit(code));
