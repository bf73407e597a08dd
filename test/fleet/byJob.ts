import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { layout } from '../../image/layout';
import { pidsWith } from '../faults/killRun';
import {
  applyFleet,
  fleetFileForPods,
  killIndex,
  podsOfIndex,
  prepareFleet,
  reportOf,
} from '../lab/support/fleetJob';
import { runFleet } from '../lab/support/fleetRun';
import { Jobs } from '../lab/support/jobs';
import { expectCode } from '../lab/support/world';
import { countCalls } from './calls';
import { memoryOf } from './measure';
import type { Row, Scene } from './scene';
import { breakOne, expectMoved, killedInStep, slotsOf } from './scene';
import { letPass } from '../lab/support/until';

const namespace = 'rotation-of-clinics';
const limitMs = 3_600_000;

/**
 * Rotates all by the Indexed Job that `fleet manifest` prints, in pods of the assembled image, shared out by the real Job
 * controller; one OpenEMR is broken, one pod is killed.
 * @throws AssertionError when anything ends otherwise
 */
export async function rotateByJob(scene: Scene): Promise<Row> {
  const { lab, fleet, broken, killed, concurrency, log } = scene;
  const { sites } = fleet;
  const jobs = new Jobs(lab, namespace);
  try {
    writeFileSync(fleet.file, await fleetFileForPods(lab, fleet, namespace));
    const manifest = await runFleet(fleet, ['manifest', '--concurrency', String(concurrency)]);
    expectCode(manifest, 0);
    await prepareFleet(lab, fleet, namespace);
    await breakOne(scene);
    const before = await slotsOf(sites);
    const calls = countCalls(lab, fleet);
    const cost = watch(jobs);
    const job = await applyFleet(lab, manifest.stdout, namespace);
    const victim = await killIndex(jobs, job, sites.indexOf(killed), killedInStep);
    expect(await jobs.ended(job, limitMs)).to.equal('Failed');
    const { seconds, cpuSeconds, peakMiB, mostPods } = await cost.end();
    const counted = calls();
    expect(mostPods, 'pods at a time').to.be.within(1, concurrency);
    await expectShared(scene, jobs, job, victim);
    await expectMoved(sites, before, broken);
    await expectReported(scene, jobs, job);
    const all = sites.length;
    log(
      `Indexed Job: ${all - 1} of ${all} indexes completed, ${mostPods} pods at most at a time; the index of ${killed.name} taken up after its pod was killed; ${broken.name} rolled back`,
    );
    return {
      ...{ way: 'Indexed Job', deployments: all, seconds, cpuSeconds, peakMiB, calls: counted },
      ends: `${all - 1} rotated, 1 rolled back; 1 pod killed, its index taken up`,
    };
  } finally {
    jobs.close();
  }
}

/** The controller's own account: every index but the broken one, which was tried once; the killed one twice. */
async function expectShared(
  { lab, fleet: { sites }, broken, killed }: Scene,
  jobs: Jobs,
  job: string,
  victim: string,
): Promise<void> {
  const index = sites.indexOf(broken);
  const { succeeded, failed, failedIndexes } = await jobs.status(job);
  expect({ succeeded, failed, failedIndexes }).to.deep.equal({
    ...{ succeeded: sites.length - 1, failed: 2, failedIndexes: String(index) },
  });
  expect(await podsOfIndex(jobs, job, index)).to.have.lengthOf(1);
  const tries = await podsOfIndex(jobs, job, sites.indexOf(killed));
  expect(tries).to.have.lengthOf(2);
  const again = tries.find((name) => name !== victim) ?? '';
  expect(lab.podLogs(namespace, again)).to.include('"resumed":true');
}

async function expectReported({ fleet, broken }: Scene, jobs: Jobs, job: string): Promise<void> {
  const { exitCode, counts, deployments } = await reportOf(jobs, job, limitMs);
  const all = fleet.sites.length;
  expect(exitCode).to.equal(13);
  expect(counts).to.include({ all, rotated: all - 1, rolledBack: 1 });
  const back = deployments.filter(({ standing }) => standing === 'rolled-back').map(({ name }) => name);
  expect(back).to.deep.equal([broken.name]);
}

interface Watched {
  seconds: number;
  cpuSeconds: number;
  peakMiB: number;
  mostPods: number;
}

/** Watches the pods from now on: their memory, and how many run at a time. */
function watch(jobs: Jobs): { end: () => Promise<Watched> } {
  const [began, cpu] = [performance.now(), cpuOfEnded()];
  let [peakMiB, mostPods, over] = [0, 0, false];
  const watching = (async (): Promise<void> => {
    while (!over) {
      mostPods = Math.max(mostPods, await jobs.activePods());
      const pids = pidsWith(`PULUMI_HOME=${layout.engine}`).map(Number);
      peakMiB = Math.max(peakMiB, memoryOf(pids).own);
      await letPass(1000, 'between two measurements');
    }
  })();
  return {
    end: async () => {
      const seconds = (performance.now() - began) / 1000;
      over = true;
      await watching;
      return { seconds, cpuSeconds: cpuOfEnded() - cpu, peakMiB, mostPods };
    },
  };
}

/** User and system time, in seconds, of the processes below this one that have ended: the lab's pods are among them (man 5 proc). */
function cpuOfEnded(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
