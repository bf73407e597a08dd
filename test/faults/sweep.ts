import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site, StartingPoint } from '../../lab';
import type { Run } from '../lab/support/command';
import { run } from '../lab/support/command';
import { expectHealthy, expectNoSecret, leftOnDisk } from '../lab/support/world';
import { killRun } from './killRun';
import { armWire, wireMark, wirePoints } from './wire';

/** What can happen at a fault point. Moments of the engine can only be met by a kill. */
export const modes = ['fail-before', 'fail-after', 'kill-before', 'kill-after', 'hang'] as const;

/** A way to fail. */
export type FaultMode = (typeof modes)[number];

/** One case of the sweep. */
export interface FaultCase {
  start: StartingPoint;
  point: string;
  mode: FaultMode;
  /** The run that takes it up is killed, too: at this point. */
  second?: { point: string; mode: FaultMode };
}

/** How a case ended. */
export interface FaultResult extends FaultCase {
  /** Exit codes of the run with the fault and of the runs after it. */
  codes: (number | string)[];
  canaryLogins: number;
  canaryFailed: number;
}

const hookFile = path.join(__dirname, 'hook.js');
/** A run that hangs is killed after this, in ms: longer than any sound run takes on a busy machine. */
const hangLimitMs = 25_000;

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
): Promise<Run> {
  const runId = `${site.name}-${Date.now()}`;
  const disarm = lab === undefined ? (): void => undefined : armWire(lab, site, fault, runId);
  return run(site, [], {
    NODE_OPTIONS: `--require ${hookFile}`,
    FAULT_RUN: runId,
    FAULT_POINT: fault.point,
    FAULT_MODE: fault.mode,
    FAULT_LOG: fault.log,
    ...(fault.mode === 'hang' ? { TEST_KILL_AFTER_MS: String(hangLimitMs) } : {}),
  }).finally(disarm);
}

/** The fault points of a sound run from a starting point, each once: effects in order, then writes on the wire. Found by running it. */
export async function pointsOf(lab: Lab, start: StartingPoint): Promise<string[]> {
  const site = await lab.createSite({ start });
  const log = path.join(site.folder, 'fault-points.log');
  const mark = wireMark(lab);
  try {
    const result = await runWithFault(site, { log }, lab);
    if (result.code !== 0)
      throw new Error(`a run without fault ended with ${String(result.code)}: ${result.stderr}`);
    const effects = readFileSync(log, 'utf8').trim().split('\n');
    return [...new Set(effects), ...wirePoints(lab, site, mark)];
  } finally {
    rmSync(log, { force: true });
    await site.remove();
  }
}

/** The points that the run after a fault meets, in order and each once: it takes up what was left. */
export async function recoveryPointsOf(lab: Lab, fault: FaultCase): Promise<string[]> {
  const site = await lab.createSite({ start: fault.start });
  const log = path.join(site.folder, 'fault-points.log');
  try {
    await runWithFault(site, fault, lab);
    const result = await runWithFault(site, { log });
    if (result.code !== 0)
      throw new Error(`the run after the fault ended with ${String(result.code)}: ${result.stderr}`);
    return existsSync(log) ? [...new Set(readFileSync(log, 'utf8').trim().split('\n'))] : [];
  } finally {
    rmSync(log, { force: true });
    await site.remove();
  }
}

/** Kills a rotation so many milliseconds after its start; undefined when it was over before that. */
export async function carryOutKillAt(
  lab: Lab,
  start: StartingPoint,
  ms: number,
): Promise<FaultResult | undefined> {
  let over = false;
  const result = await carryOutWith(lab, { start, point: `${ms} ms`, mode: 'kill-before' }, async (site) => {
    const runId = `${site.name}-at-${ms}`;
    const timer = setTimeout(() => killRun(runId), ms);
    const killed = await run(site, [], { FAULT_RUN: runId });
    clearTimeout(timer);
    over = killed.signal === null;
    return [killed];
  });
  return over ? undefined : result;
}

/**
 * Carries out one case: the run with the fault, then one clean run, then every invariant.
 * @throws when an invariant does not hold
 */
export async function carryOut(lab: Lab, fault: FaultCase): Promise<FaultResult> {
  return carryOutWith(lab, fault, async (site) => {
    const broken = [await runWithFault(site, fault, lab)];
    if (fault.second) broken.push(await runWithFault(site, fault.second, lab));
    return broken;
  });
}

async function carryOutWith(
  lab: Lab,
  fault: FaultCase,
  breakRuns: (site: Site) => Promise<Run[]>,
): Promise<FaultResult> {
  const site = await lab.createSite({ start: fault.start });
  const canary = site.canary();
  try {
    const broken = await breakRuns(site);
    const secrets = [...site.canaries(), ...(await passwordsOf(site))];
    const last = await run(site);
    const runs: Run[] = [...broken, last];
    if (last.code !== 0)
      throw new Error(
        `the run after the fault ended with ${String(last.code)}:\n${broken.map(({ stderr }) => stderr).join('--\n')}\n--\n${last.stderr}`,
      );
    const { failed, logins, failures } = await canary.stop();
    if (failed > 0) throw new Error(`logins failed: ${failures.slice(0, 5).join('\n')}`);
    const { active_slot: active } = await site.slotDocument();
    const world = await expectHealthy(site, active === 'A' ? 'A' : 'B');
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
    };
  } finally {
    await canary.stop();
    await site.remove();
  }
}

async function passwordsOf(site: Site): Promise<string[]> {
  const [slots, admin] = [await site.slotDocument(), await site.adminDocument()];
  const entries = [slots['A'], slots['B'], admin] as { password?: string }[];
  return entries.map(({ password }) => password ?? '').filter((password) => password !== '');
}

/** The cases of a point: a moment of the engine can only be met by a kill. */
export function casesOf(start: StartingPoint, point: string, wanted: readonly FaultMode[]): FaultCase[] {
  const possible: readonly FaultMode[] = point.startsWith('engine:') ? ['kill-before'] : modes;
  return possible.filter((mode) => wanted.includes(mode)).map((mode) => ({ start, point, mode }));
}
