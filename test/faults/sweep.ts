import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../lab';
import { Cluster } from '../lab/support/cluster';
import type { Run } from '../lab/support/command';
import { endOfNext } from './endOfNext';
import { run } from '../lab/support/command';
import { expectHealthy, expectNoSecret, leftOnDisk } from '../lab/support/world';
import type { FaultCase, FaultMode, FaultResult } from './cases';
import { killedAlone } from './cases';
import { watchPasswords } from './durable';
import { killRun, pidsWith } from './killRun';
import type { Readers, ReadersResult } from './readers';
import { startReaders } from './readers';
import type { ScenarioName } from './scenarios';
import { scenarioOf, siteOf } from './scenarios';
import { armWire, wireMark, wirePoints } from './wire';

const hookFile = path.join(__dirname, 'hook.js');
/** A run that hangs is killed after this, in ms: longer than any sound run takes on a busy machine. */
const hangLimitMs = 25_000;
/** How long what is left of a run of which one process was killed may take to end, in ms. */
const orphanLimitMs = 20_000;

/**
 * Runs the command and stops it before or after a point, does `meanwhile` to the world, and lets the run go on.
 * @throws when the run ended without meeting the point
 */
export async function runPaused(
  site: Site,
  point: string,
  when: 'before' | 'after',
  meanwhile: () => Promise<void>,
  args: string[] = [],
): Promise<Run> {
  const file = path.join(site.folder, `pause-${Date.now()}`);
  let ended = false;
  const running = run(site, args, {
    NODE_OPTIONS: `--require ${hookFile}`,
    FAULT_RUN: `${site.name}-${Date.now()}`,
    FAULT_POINT: point,
    FAULT_MODE: `pause-${when}`,
    FAULT_PAUSE: file,
  }).finally(() => (ended = true));
  while (!existsSync(file)) {
    if (ended) throw new Error(`the run never came to "${point}":\n${(await running).stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  try {
    await meanwhile();
  } finally {
    rmSync(file, { force: true });
  }
  return running;
}

/** Runs the command with the hook, or with a fault in one of the lab's proxies; a hanging run gets SIGTERM, then SIGKILL. */
export async function runWithFault(
  site: Site,
  fault: { point?: string; mode?: FaultMode; log?: string },
  lab?: Lab,
  args: string[] = [],
): Promise<Run> {
  const runId = `${site.name}-${Date.now()}`;
  const killed = killedFile(site);
  const note = (): void => writeFileSync(killed, '');
  const disarm = lab === undefined ? (): void => undefined : armWire(lab, site, fault, runId, note);
  const ended = await run(site, args, {
    NODE_OPTIONS: `--require ${hookFile}`,
    FAULT_RUN: runId,
    FAULT_POINT: fault.point,
    FAULT_MODE: fault.mode,
    FAULT_LOG: fault.log,
    FAULT_KILLED: killed,
    ...(fault.mode === 'hang' || killedAlone(fault.mode) ? { TEST_KILL_AFTER_MS: String(hangLimitMs) } : {}),
  }).finally(disarm);
  if (killedAlone(fault.mode)) await expectEnded(runId);
  return ended;
}

/** Is there when one process of a run was killed alone. */
function killedFile(site: Site): string {
  return path.join(site.folder, 'killed-alone');
}

/** What is left of a run of which one process was killed ends by itself, soon. @throws when it does not */
async function expectEnded(runId: string): Promise<void> {
  for (const end = performance.now() + orphanLimitMs; ;) {
    const left = pidsWith(`FAULT_RUN=${runId}`);
    if (left.length === 0) return;
    if (performance.now() > end) {
      killRun(runId);
      throw new Error(`${left.length} processes of the run outlived it by ${orphanLimitMs / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The fault points of a sound run of a scenario, each once: effects in order, then writes on the wire. Found by running it. */
export async function pointsOf(lab: Lab, start: ScenarioName): Promise<string[]> {
  const { args, sound, points } = scenarioOf(start);
  const site = await siteOf(lab, start);
  const log = path.join(site.folder, 'fault-points.log');
  const mark = wireMark(lab);
  try {
    const result = await runWithFault(site, { log }, lab, args);
    if (!sound.includes(result.code ?? -1))
      throw new Error(`a run without fault ended with ${String(result.code)}: ${result.stderr}`);
    return [...new Set(pointsIn(log)), ...wirePoints(lab, site, mark)].filter(points);
  } finally {
    rmSync(log, { force: true });
    await site.remove();
  }
}

/** The points that the run after a fault meets, in order and each once: it takes up what was left. */
export async function recoveryPointsOf(lab: Lab, fault: FaultCase): Promise<string[]> {
  const { args } = scenarioOf(fault.start);
  const site = await siteOf(lab, fault.start);
  const log = path.join(site.folder, 'fault-points.log');
  try {
    await runWithFault(site, fault, lab, args);
    const expected = await endAfter(site, fault.start);
    const result = await runWithFault(site, { log });
    if (result.code !== expected)
      throw new Error(`the run after the fault ended with ${String(result.code)}: ${result.stderr}`);
    return [...new Set(pointsIn(log))];
  } finally {
    rmSync(log, { force: true });
    await site.remove();
  }
}

function pointsIn(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

/** Kills a rotation so many milliseconds after its start; undefined when it was over before that. */
export async function carryOutKillAt(
  lab: Lab,
  start: ScenarioName,
  ms: number,
): Promise<FaultResult | undefined> {
  let over = false;
  const result = await carryOutWith(lab, { start, point: `${ms} ms`, mode: 'kill-before' }, async (site) => {
    const runId = `${site.name}-at-${ms}`;
    const timer = setTimeout(() => killRun(runId), ms);
    const killed = await run(site, scenarioOf(start).args, { FAULT_RUN: runId });
    clearTimeout(timer);
    over = killed.signal === null;
    return [killed];
  });
  return over ? undefined : result;
}

/**
 * Carries out one case: the run with the fault, then one clean run, then every invariant. Undefined when there was no
 * process to kill.
 * @throws when an invariant does not hold
 */
export async function carryOut(lab: Lab, fault: FaultCase): Promise<FaultResult | undefined> {
  let met = true;
  const result = await carryOutWith(lab, fault, async (site) => {
    const broken = [await runWithFault(site, fault, lab, scenarioOf(fault.start).args)];
    met = killedAlone(fault.mode) === undefined || existsSync(killedFile(site));
    if (fault.second) broken.push(await runWithFault(site, fault.second, lab));
    return broken;
  });
  return met ? result : undefined;
}

async function endAfter(site: Site, start: ScenarioName): Promise<number> {
  const { clean, mend } = scenarioOf(start);
  await mend?.(site);
  return clean === 'by-status' ? endOfNext(site) : clean;
}

async function carryOutWith(
  lab: Lab,
  fault: FaultCase,
  breakRuns: (site: Site) => Promise<Run[]>,
): Promise<FaultResult> {
  const site = await siteOf(lab, fault.start);
  const canary = site.canary();
  const readers = startReaders(lab, site);
  try {
    const expectNothingLost = await watchPasswords(lab, site);
    const broken = await breakRuns(site);
    await expectNothingLost();
    const secrets = [...site.canaries(), ...(await passwordsOf(site))];
    const expected = await endAfter(site, fault.start);
    const last = await run(site);
    const runs: Run[] = [...broken, last];
    if (last.code !== expected)
      throw new Error(
        `the run after the fault ended with ${String(last.code)}:\n${broken.map(({ stderr }) => stderr).join('--\n')}\n--\n${last.stderr}`,
      );
    const { counts } = await expectNoneFailed(readers);
    const { failed, logins, failures } = await canary.stop();
    if (failed > 0) throw new Error(`logins failed: ${failures.slice(0, 5).join('\n')}`);
    const { active_slot: active } = await site.slotDocument();
    const world = await expectHealthy(site, active === 'A' ? 'A' : 'B');
    const left = await canaryLeft(lab, site);
    if (left.length > 0) throw new Error(`of the canary there is left: ${left.join(', ')}`);
    const texts = Object.fromEntries(
      runs.flatMap(({ stdout, stderr }, index) => [
        [`stdout of run ${index}`, stdout],
        [`stderr of run ${index}`, stderr],
      ]),
    );
    expectNoSecret([...secrets, world.A.password, world.B.password, world.admin.password], {
      ...texts,
      ...leftOnDisk(site),
    });
    return {
      ...fault,
      codes: runs.map(({ code, signal }) => code ?? String(signal)),
      canaryLogins: logins,
      canaryFailed: failed,
      readers: counts,
    };
  } finally {
    await Promise.all([canary.stop(), readers.stop()]);
    await site.remove();
  }
}

/** Pods, Secrets and files of a canary that are there now. */
export async function canaryLeft(lab: Lab, site: Site): Promise<string[]> {
  const cluster = new Cluster(lab, site);
  try {
    const files = readdirSync(path.dirname(site.sqlconfFile)).filter((name) => name.includes('canary'));
    return [...(await cluster.canaries()), ...files];
  } finally {
    cluster.close();
  }
}

/** Ends the readers. @throws when a login of one that keeps it has failed */
export async function expectNoneFailed(readers: Readers): Promise<ReadersResult> {
  const result = await readers.stop();
  const { counts, failures } = result;
  const broken = Object.entries(counts).filter(([, { failed }]) => failed > 0);
  if (broken.length > 0)
    throw new Error(
      `logins that were kept failed (${broken.map(([kind, { failed, logins }]) => `${kind} ${failed} of ${logins}`).join(', ')}): ${failures.slice(0, 3).join('; ')}`,
    );
  return result;
}

async function passwordsOf(site: Site): Promise<string[]> {
  const [slots, admin] = [await site.slotDocument(), await site.adminDocument()];
  const entries = [slots['A'], slots['B'], admin] as { password?: string }[];
  return entries.map(({ password }) => password ?? '').filter((password) => password !== '');
}
