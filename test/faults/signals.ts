import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { commandFile, environmentOf, run } from '../lab/support/command';
import { endOfNext } from './endOfNext';
import { expectHealthy } from '../lab/support/world';
import { watchPasswords } from './durable';
import { killRun, pidsWith } from './killRun';
import { siteOf } from './scenarios';

/** How a run is stopped: by SIGTERM, by Ctrl-C on a terminal (the whole process group), or by two signals. */
export const stops = ['SIGTERM', 'ctrl-c', 'twice'] as const;

/** A way to stop a run. */
export type Stop = (typeof stops)[number];

/** When a rotation can be stopped: while it reads the world, which is steps 1 and 2, in each step, and in a rollback. */
export const stoppableSteps = ['reading', 3, 4, 5, 6, 7, 8, 9, 10, 11, 'rollback'] as const;

/** A moment of a rotation. */
export type StoppableStep = (typeof stoppableSteps)[number];

/** What the command writes when that moment has come. */
function textOf(step: StoppableStep): string {
  if (step === 'reading') return 'Reading secrets';
  return step === 'rollback' ? 'Rolling back' : `${step}/11`;
}

/** How a stopped run ended. */
export interface StoppedRun {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** Processes of the run that were alive after its end. */
  orphans: string[];
}

/** Starts a rotation and stops it when the step begins. */
export function stopInStep(site: Site, step: StoppableStep, stop: Stop): Promise<StoppedRun> {
  const text = textOf(step);
  const marker = `FAULT_RUN=${site.name}-stop-${Date.now()}`;
  const [name, value] = marker.split('=') as [string, string];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile], {
      env: { ...environmentOf(site), [name]: value },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      const before = stderr.includes(text);
      stderr += data.toString();
      if (before || !stderr.includes(text) || child.pid === undefined) return;
      if (stop === 'ctrl-c') process.kill(-child.pid, 'SIGINT');
      else child.kill('SIGTERM');
      if (stop === 'twice') setTimeout(() => child.kill('SIGTERM'), 50);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stderr, orphans: processesWith(marker) }));
  });
}

/** Starts a rotation and kills all of it so many ms after it has written this text. */
export function runKilledAfter(site: Site, text: string, ms: number): Promise<string> {
  const runId = `${site.name}-after-${Date.now()}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile], {
      env: { ...environmentOf(site), FAULT_RUN: runId },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      const before = stderr.includes(text);
      stderr += data.toString();
      if (!before && stderr.includes(text)) setTimeout(() => killRun(runId), ms);
    });
    child.on('error', reject);
    child.on('close', () => resolve(stderr));
  });
}

/** Exit codes of a run that was stopped in order: what is done when the signal comes is done. */
function codesOf(step: StoppableStep): number[] {
  if (step === 11) return [8, 0];
  // A rollback that has written the old login is held when it is stopped, or over before that.
  return step === 'rollback' ? [8, 12, 13] : [8];
}

/** Stops a rotation in a step; then one more run must end it healthy, and no login may have failed. */
export async function stopAndFinish(
  lab: Lab,
  step: StoppableStep,
  stop: Stop,
): Promise<StoppedRun & { logins: number }> {
  const isRollback = step === 'rollback';
  const site = await siteOf(lab, isRollback ? 'rollback' : 'a-active');
  const canary = site.canary();
  try {
    const expectNothingLost = await watchPasswords(lab, site);
    const stopped = await stopInStep(site, step, stop);
    if (stop === 'twice') expect(stopped.signal, stopped.stderr).to.equal('SIGTERM');
    else expect(codesOf(step), stopped.stderr).to.include(stopped.code);
    expect(stopped.orphans, 'processes left over').to.deep.equal([]);
    await expectNothingLost();
    const expected = isRollback ? await endOfNext(site) : 0;
    const next = await run(site);
    expect(next.code, next.stderr).to.equal(expected);
    const { active_slot: active } = await site.slotDocument();
    await expectHealthy(site, active === 'A' ? 'A' : 'B');
    if (stopped.code !== 0 && !isRollback) expect(active).to.equal('B');
    const { failed, failures, logins } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
    return { ...stopped, logins };
  } finally {
    await canary.stop();
    await site.remove();
  }
}

/** Command lines of the living processes that have this variable in their environment. */
export function processesWith(marker: string): string[] {
  return pidsWith(marker)
    .map(commandLineOf)
    .filter((line) => line !== '');
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
