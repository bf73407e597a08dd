import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '../../../lab';
import { pidsWith } from '../../faults/killRun';
import { commandFile, environmentOf } from './command';
import type { Run } from './command';

/** All processes of a site's runs that are alive: command, engine, plugins; with a program, only those of it. */
export function processesOf(site: Site, program = /^/): number[] {
  return pidsWith(`HOME=${site.folder}`)
    .map(Number)
    .filter((pid) => program.test(programOf(pid)));
}

/** The programs of those processes. */
export function programsOf(site: Site): string[] {
  return processesOf(site).map(programOf);
}

/** The engine itself, without its plugins; empty when none is at work. */
export function enginesOf(site: Site): number[] {
  return processesOf(site).filter((pid) => programOf(pid) === 'pulumi');
}

function programOf(pid: number): string {
  try {
    return path.basename(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '');
  } catch {
    return '';
  }
}

/** Sends a signal to each; one that ended meanwhile is no fault. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

/** Starts the command and sends it SIGTERM when what it has written to stderr fits. */
export function runStoppedAt(site: Site, moment: RegExp, args: readonly string[] = []): Promise<Run> {
  return runUntil(site, moment, (command) => signalAll([command], 'SIGTERM'), 'close', args);
}

/**
 * Starts the command and does something to it when what it has written to stderr fits.
 * @param end `close`: when nobody holds its output any more; `exit`: when the command itself has ended, whoever outlives it
 */
export function runUntil(
  site: Site,
  moment: RegExp,
  action: (command: number) => void,
  end: 'close' | 'exit' = 'close',
  args: readonly string[] = [],
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile, ...args], {
      env: { ...environmentOf(site) },
      cwd: site.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => {
      const before = moment.test(stderr);
      stderr += data.toString();
      if (!before && moment.test(stderr) && child.pid !== undefined) action(child.pid);
    });
    child.on('error', reject);
    child.on(end, (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ code, signal, stdout, stderr }),
    );
  });
}

/** Whether nobody holds a named lock of the database. */
export async function isFree(lab: Lab, name: string): Promise<boolean> {
  const [row] = (await lab.database.root('SELECT IS_USED_LOCK(?) AS id', [name])) as { id: number | null }[];
  return row?.id === null;
}
