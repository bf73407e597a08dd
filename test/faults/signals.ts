import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { commandFile, environmentOf, run } from '../lab/support/command';
import { expectCode, expectHealthy } from '../lab/support/world';
import { killRun, pidsWith } from './killRun';

/** How a run is stopped: by SIGTERM, by Ctrl-C on a terminal (the whole process group), or by two signals. */
export const stops = ['SIGTERM', 'ctrl-c', 'twice'] as const;

/** A way to stop a run. */
export type Stop = (typeof stops)[number];

/** Steps of a rotation in which it can be stopped: the first two are over before anything is shown. */
export const stoppableSteps = [3, 4, 5, 6, 7, 8, 9, 10, 11] as const;

/** How a stopped run ended. */
export interface StoppedRun {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** Processes of the run that were alive after its end. */
  orphans: string[];
}

/** Starts a rotation and stops it when the step begins. */
export function stopInStep(site: Site, step: number, stop: Stop): Promise<StoppedRun> {
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
      const before = stderr.includes(`${step}/11`);
      stderr += data.toString();
      if (before || !stderr.includes(`${step}/11`) || child.pid === undefined) return;
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

/** Stops a rotation in a step; then one more run must end it healthy, and no login may have failed. */
export async function stopAndFinish(lab: Lab, step: number, stop: Stop): Promise<StoppedRun> {
  const site = await lab.createSite();
  const canary = site.canary();
  try {
    const stopped = await stopInStep(site, step, stop);
    // What is done when the last step is recorded is done: the signal may come too late.
    if (stop === 'twice') expect(stopped.signal, stopped.stderr).to.equal('SIGTERM');
    else expect([8, ...(step === 11 ? [0] : [])], stopped.stderr).to.include(stopped.code);
    expect(stopped.orphans, 'processes left over').to.deep.equal([]);
    const next = await run(site);
    expectCode(next, 0);
    const { active_slot: active } = await site.slotDocument();
    await expectHealthy(site, active === 'A' ? 'A' : 'B');
    if (stopped.code !== 0) expect(active).to.equal('B');
    const { failed, failures } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
    return stopped;
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
