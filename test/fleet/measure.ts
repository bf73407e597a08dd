import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { commandFile } from '../lab/support/command';

/** What a command cost. */
export interface Cost {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
  /** User and system time of the command and of everything that it waited for. */
  cpuSeconds: number;
  /** Most resident memory of all its processes together, in MiB; pages that two share count twice. */
  peakMiB: number;
}

/** Runs the real command and measures it with all its processes. */
export function measured(
  environment: Record<string, string | undefined>,
  cwd: string,
  args: string[],
): Promise<Cost> {
  const script = 'TIMEFORMAT=\'cpu %U %S\'; time "$@"';
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn('bash', ['-c', script, 'measure', process.execPath, commandFile, ...args], {
      env: Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined)),
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr, peak] = ['', '', 0];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const timer = setInterval(() => (peak = Math.max(peak, treeMiB(child.pid ?? 0))), 250);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      const [, user = '0', system = '0'] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
      resolve({
        code,
        stdout,
        stderr,
        seconds: (performance.now() - begin) / 1000,
        cpuSeconds: Number(user) + Number(system),
        peakMiB: peak,
      });
    });
  });
}

function treeMiB(root: number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  let sum = 0;
  const add = (pid: number): void => {
    sum += processes.find((each) => each.pid === pid)?.pages ?? 0;
    for (const child of processes) if (child.parent === pid) add(child.pid);
  };
  add(root);
  return (sum * 4096) / 1_048_576;
}

/** Parent and resident pages (man 5 proc): the name in brackets may hold spaces. */
function statOf(pid: number): { pid: number; parent: number; pages: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), pages: Number(fields[21]) };
  } catch {
    return undefined;
  }
}
