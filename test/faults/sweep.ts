import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site, StartingPoint } from '../../lab';
import type { Run } from '../lab/support/command';
import { run } from '../lab/support/command';
import { expectHealthy, expectNoSecret, leftOnDisk } from '../lab/support/world';
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

/**
 * Carries out one case: the run with the fault, then clean runs, at most `cleanRuns`, then every invariant.
 * @throws when an invariant does not hold
 */
export async function carryOut(lab: Lab, fault: FaultCase, cleanRuns = 1): Promise<FaultResult> {
  const site = await lab.createSite({ start: fault.start });
  const canary = site.canary();
  try {
    const broken = await runWithFault(site, fault, lab);
    const runs: Run[] = [broken];
    const secrets = [...site.canaries(), ...(await passwordsOf(site))];
    for (let count = 0; count < cleanRuns; count += 1) runs.push(await run(site));
    const last = runs.at(-1);
    if (last?.code !== 0)
      throw new Error(
        `the run after the fault ended with ${String(last?.code)}:\n${broken.stderr}\n--\n${String(last?.stderr)}`,
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
