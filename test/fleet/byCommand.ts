import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Site } from '../../lab';
import type { MemberResult } from '../../src/fleet/outcome';
import { logFolder, runFleet } from '../lab/support/fleetRun';
import { killAllWith } from '../lab/support/processes';
import { expectCode } from '../lab/support/world';
import { countCalls } from './calls';
import { measured } from './measure';
import type { Row, Scene } from './scene';
import { breakOne, expectMoved, killedInStep, slotsOf } from './scene';
import { until } from '../lab/support/until';

interface RunReport {
  since: string;
  resumed: boolean;
  counts: Record<string, number>;
  deployments: MemberResult[];
}

/** Rotates some sound OpenEMRs by `fleet run`. @throws AssertionError when one is not rotated */
export async function rotateSome(scene: Scene, count: number): Promise<Row> {
  const sites = scene.fleet.sites.slice(0, count);
  const before = await slotsOf(sites);
  const { row, report } = await runAll(scene, sites, 0);
  expect(report.counts).to.include({ all: count, done: count });
  await expectMoved(sites, before);
  return { ...row, ends: 'all rotated' };
}

/**
 * Rotates all by `fleet run`, one of them broken, one of their processes killed; then the same command again, which
 * takes up what was killed, and what is still broken is rolled back once more.
 * @throws AssertionError when anything ends otherwise
 */
export async function rotateAll(scene: Scene): Promise<Row> {
  const { fleet, broken, killed, concurrency, log } = scene;
  const { sites } = fleet;
  const before = await slotsOf(sites);
  await breakOne(scene);
  const [{ row, report }] = await Promise.all([runAll(scene, sites, 13), killWorker(scene)]);
  const all = sites.length;
  expect(report.counts).to.deep.equal({
    ...{ all, done: all - 2, rolledBack: 1, failed: 1, notDue: 0, held: 0, notStarted: 0 },
  });
  const ofKilled = report.deployments.find(({ name }) => name === killed.name);
  expect(ofKilled).to.include({ outcome: 'killed' });
  log(`fleet run: ${all - 2} rotated, ${broken.name} rolled back, the process of ${killed.name} killed`);

  await breakOne(scene);
  const words = ['run', '--json', '--concurrency', String(concurrency)];
  const second = await runFleet(fleet, words);
  expectCode(second, 13);
  const resumed = JSON.parse(second.stdout) as RunReport;
  expect(resumed).to.include({ resumed: true, since: report.since });
  expect(resumed.counts).to.include({ all, done: all - 1, rolledBack: 1, failed: 0 });
  expect(textOfLog(scene, newestRun(scene), killed)).to.include('"resumed":true');
  await expectMoved(sites, before, broken);
  await expectReported(scene, report.since);
  log(`fleet run again: ${killed.name} taken up and finished; ${all - 1} rotated, 1 rolled back`);
  return { ...row, ends: `${all - 2} rotated, 1 rolled back, 1 killed` };
}

async function runAll(
  { lab, fleet, concurrency }: Scene,
  sites: readonly Site[],
  code: number,
): Promise<{ row: Row; report: RunReport }> {
  const calls = countCalls(lab, fleet);
  const names = sites.length === fleet.sites.length ? [] : ['--only', ...sites.map(({ name }) => name)];
  const words = ['fleet', 'run', '--fleet', fleet.file, '--anew', '--json', ...names];
  const cost = await measured(fleet.environment, fleet.folder, [
    ...words,
    ...['--concurrency', String(concurrency)],
  ]);
  expectCode({ ...cost, signal: null }, code);
  const { seconds, cpuSeconds, peakOwnMiB } = cost;
  const row = {
    ...{ way: '`fleet run`', deployments: sites.length, ends: '', seconds, cpuSeconds },
    ...{ peakMiB: peakOwnMiB, calls: calls() },
  };
  return { row, report: JSON.parse(cost.stdout) as RunReport };
}

/** Waits for the run that begins next, and ends one of its workers with the engine below it, as `kill -9`. */
async function killWorker(scene: Scene): Promise<void> {
  const { killed } = scene;
  const earlier = newestRun(scene);
  const begun = new RegExp(`"type":"step-started"[^\\n]*"step":${killedInStep}[,}]`);
  const hasBegun = (): boolean => {
    const run = newestRun(scene);
    return run !== earlier && begun.test(textOfLog(scene, run, killed));
  };
  await until(`${killed.name} comes to step ${killedInStep}`, hasBegun, { limitMs: 1_200_000 });
  expect(killAllWith(`CREDENTIAL_ROTATION_STACK=${killed.name}`)).to.be.greaterThan(0);
}

function newestRun({ fleet }: Scene): string {
  try {
    return readdirSync(logFolder(fleet)).sort().at(-1) ?? '';
  } catch {
    return '';
  }
}

function textOfLog({ fleet }: Scene, run: string, { name }: Site): string {
  try {
    return readFileSync(path.join(logFolder(fleet), run, `${name}.log`), 'utf8');
  } catch {
    return '';
  }
}

/** `fleet status` says the same of the run. */
async function expectReported({ fleet, broken }: Scene, since: string): Promise<void> {
  const status = await runFleet(fleet, ['status', '--since', since, '--json']);
  expectCode(status, 13);
  const { counts, deployments } = JSON.parse(status.stdout) as {
    counts: Record<string, number>;
    deployments: { name: string; standing: string }[];
  };
  const all = fleet.sites.length;
  expect(counts).to.include({ all, rotated: all - 1, rolledBack: 1 });
  const back = deployments.filter(({ standing }) => standing === 'rolled-back').map(({ name }) => name);
  expect(back).to.deep.equal([broken.name]);
}
