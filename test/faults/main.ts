import { parseArgs } from 'node:util';
import type { Lab, StartingPoint } from '../../lab';
import { STARTING_POINTS } from '../../lab';
import { labWith, stopLabs } from '../lab/support/labs';
import { dropDefaultUsers } from '../lab/support/world';
import { stopAndFinish, stoppableSteps, stops } from './signals';
import type { FaultCase, FaultMode, FaultResult } from './sweep';
import { carryOut, carryOutKillAt, casesOf, modes, pointsOf, recoveryPointsOf } from './sweep';

/** Longest rotation that the kill by time tries to cover, in ms. */
const longestMs = 60_000;

/** What is to be done, and the count of what went wrong. */
interface Sweep {
  lab: Lab;
  points: (point: string) => boolean;
  modes: readonly FaultMode[];
  failed: number;
}

/**
 * `npm run faults`: every point × mode from each starting point; `--twice` kills the recovery as well, at each of its
 * points; `--kill-every MS` kills by time; `--signals` stops in every step. Prints a table; ends with 1 if a case failed.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: 'mysql' },
      start: { type: 'string' },
      mode: { type: 'string' },
      point: { type: 'string' },
      twice: { type: 'boolean', default: false },
      'kill-every': { type: 'string' },
      signals: { type: 'boolean', default: false },
    },
  });
  const lab = await labWith(values.database === 'mariadb' ? 'mariadb' : 'mysql');
  const sweep: Sweep = {
    lab,
    points: (point) => values.point === undefined || point.includes(values.point),
    modes: values.mode === undefined ? modes : [values.mode as FaultMode],
    failed: 0,
  };
  const starts = values.start === undefined ? [...STARTING_POINTS] : [values.start as StartingPoint];
  const every = values['kill-every'];
  if (values.signals) await allSignals(sweep);
  else
    for (const start of starts) {
      if (every !== undefined) await killByTime(sweep, start, Number(every));
      else if (values.twice) await killTwice(sweep, start);
      else await eachOnce(sweep, start);
    }
  await stopLabs();
  console.log(
    sweep.failed === 0 ? 'Every case ended healthy after one clean run.' : `${sweep.failed} case(s) failed.`,
  );
  return sweep.failed === 0 ? 0 : 1;
}

async function eachOnce(sweep: Sweep, start: StartingPoint): Promise<void> {
  const points = (await pointsOf(sweep.lab, start)).filter(sweep.points);
  await dropDefaultUsers(sweep.lab);
  for (const fault of points.flatMap((point) => casesOf(start, point, sweep.modes)))
    await oneCase(sweep, fault);
}

/** Every pair of kills: after a write, and then after a write of the run that takes it up. */
async function killTwice(sweep: Sweep, start: StartingPoint): Promise<void> {
  const points = (await pointsOf(sweep.lab, start)).filter((point) => sweep.points(point) && isEffect(point));
  await dropDefaultUsers(sweep.lab);
  for (const point of points) {
    const first: FaultCase = { start, point, mode: 'kill-after' };
    const seconds = (await recoveryPointsOf(sweep.lab, first)).filter(isEffect);
    await dropDefaultUsers(sweep.lab);
    for (const second of seconds)
      await oneCase(sweep, { ...first, second: { point: second, mode: 'kill-after' } });
  }
}

function isEffect(point: string): boolean {
  return !/^(engine|aws|kubernetes):/.test(point);
}

async function killByTime(sweep: Sweep, start: StartingPoint, everyMs: number): Promise<void> {
  for (let ms = everyMs; ms < longestMs; ms += everyMs) {
    const result = await shown(sweep, `${start} killed after ${ms} ms`, () =>
      carryOutKillAt(sweep.lab, start, ms),
    );
    await dropDefaultUsers(sweep.lab);
    if (result === 'over') return;
  }
}

async function allSignals(sweep: Sweep): Promise<void> {
  for (const stop of stops) {
    for (const step of stoppableSteps) {
      try {
        const { code, signal } = await stopAndFinish(sweep.lab, step, stop);
        console.log(`✓ ${stop.padEnd(8)} in step ${step}: exit ${code ?? signal}, the next run finished`);
      } catch (error) {
        sweep.failed += 1;
        console.log(`✗ ${stop.padEnd(8)} in step ${step}: ${textOf(error)}`);
      }
    }
  }
}

async function oneCase(sweep: Sweep, fault: FaultCase): Promise<void> {
  const { start, point, mode, second } = fault;
  const again = second === undefined ? '' : ` then ${second.point} ${second.mode}`;
  const name = `${start.padEnd(14)} ${point.padEnd(44)} ${mode.padEnd(12)}${again}`;
  await shown(sweep, name, () => carryOut(sweep.lab, fault));
  await dropDefaultUsers(sweep.lab);
}

/** Carries out a case and prints its line; `over` when there was nothing to do any more. */
async function shown(
  sweep: Sweep,
  name: string,
  action: () => Promise<FaultResult | undefined>,
): Promise<'over' | 'more'> {
  try {
    const result = await action();
    if (!result) return 'over';
    const { codes, canaryLogins, canaryFailed } = result;
    console.log(
      `✓ ${name} exit ${codes.join(' → ').padEnd(16)} logins ${canaryLogins}, failed ${canaryFailed}`,
    );
  } catch (error) {
    sweep.failed += 1;
    console.log(`✗ ${name} ${textOf(error)}`);
  }
  return 'more';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

void main().then((code) => process.exit(code));
