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
  /** Most resident memory of all its processes together, in MiB; pages that two share count twice (Rss). */
  peakMiB: number;
  /** The same with shared pages counted once (Pss). */
  peakOwnMiB: number;
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
    let [stdout, stderr, peak, peakOwn] = ['', '', 0, 0];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const timer = setInterval(() => {
      const { all, own } = treeMiB(child.pid ?? 0);
      [peak, peakOwn] = [Math.max(peak, all), Math.max(peakOwn, own)];
    }, 500);
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
        peakOwnMiB: peakOwn,
      });
    });
  });
}

function treeMiB(root: number): { all: number; own: number } {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
  const below = (pid: number): number[] => [
    pid,
    ...parents.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid)),
  ];
  return memoryOf(below(root));
}

/** Resident memory of these processes together, in MiB; in `own` pages that two share count once. */
export function memoryOf(pids: readonly number[]): { all: number; own: number } {
  const sum = { all: 0, own: 0 };
  for (const pid of pids) {
    const text = textOf(`/proc/${pid}/smaps_rollup`);
    sum.all += Number(/^Rss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
    sum.own += Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
  }
  return sum;
}

/** The second field behind the name, which is in brackets and may hold spaces (man 5 proc). */
function parentOf(pid: string): number {
  const stat = textOf(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
