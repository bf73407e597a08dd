import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Site } from '../../../lab';
import { killRun } from '../../faults/killRun';

/** The compiled command. */
export const commandFile = path.resolve(__dirname, '..', '..', '..', 'src', 'cli', 'main.js');

/** How a run of the command ended. */
export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Stands in every test run: the lab's page answers at once or not at all. */
const testEnvironment = { CREDENTIAL_ROTATION_HEALTH_LIMIT_SECONDS: '8' };

/** The environment of a run against a site: nothing of the developer's own but PATH. */
export function environmentOf(site: Site): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], HOME: site.folder, ...site.environment, ...testEnvironment };
}

/** Runs the real command against a site; `changes` are variables on top, undefined takes one away. */
export async function run(
  site: Site,
  args: string[] = [],
  changes: Record<string, string | undefined> = {},
): Promise<Run> {
  return runWith({ ...environmentOf(site), ...changes }, args);
}

/** Runs the real command with the read ends of stdout and stderr closed from the start: every write fails with EPIPE. */
export function runClosed(site: Site, args: string[]): Promise<Pick<Run, 'code' | 'signal'>> {
  const given = Object.entries(environmentOf(site)).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile, ...args], {
      env: Object.fromEntries(given),
      cwd: site.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    child.stderr.destroy();
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Ends the command; of a run that carries a mark also its engine and plugins. */
function endAll(child: ChildProcess, runId: string | undefined): void {
  if (runId !== undefined) killRun(runId);
  child.kill('SIGKILL');
}

/** Runs the real command with exactly this environment. */
export function runWith(environment: Record<string, string | undefined>, args: string[]): Promise<Run> {
  const given = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandFile, ...args], {
      env: Object.fromEntries(given),
      cwd: environment['HOME'],
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    const limitMs = Number(environment['TEST_KILL_AFTER_MS'] ?? 0);
    const timers =
      limitMs === 0
        ? []
        : [
            setTimeout(() => child.kill('SIGTERM'), limitMs),
            setTimeout(() => endAll(child, environment['FAULT_RUN']), limitMs + 5000),
          ];
    child.on('close', (code, signal) => {
      timers.forEach(clearTimeout);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
