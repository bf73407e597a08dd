import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Run } from './command';
import { commandFile, runWith } from './command';
import type { Fleet } from './fleet';
import { until } from './until';

/** Runs `fleet` with these words for a fleet. */
export function runFleet(fleet: Fleet, words: string[], more: Record<string, string> = {}): Promise<Run> {
  const [action = 'run', ...rest] = words;
  return runWith({ ...fleet.environment, ...more }, ['fleet', action, '--fleet', fleet.file, ...rest]);
}

/** A `fleet run` that is under way. */
export interface RunningFleet {
  ended: Promise<Run>;
  /** Sends a signal to the command itself, as a shell does. */
  signal(signal: NodeJS.Signals): void;
  /** Waits until a deployment's log says that this step began; gives the pid of its process. */
  step(name: string, step: number): Promise<number>;
}

/** Starts a `fleet run` that a test interferes with. */
export function startFleet(fleet: Fleet, words: string[]): RunningFleet {
  const before = new Set(logs(fleet));
  const given = Object.entries(fleet.environment).filter(([, value]) => value !== undefined);
  const child = spawn(process.execPath, [commandFile, 'fleet', 'run', '--fleet', fleet.file, ...words], {
    env: Object.fromEntries(given),
    cwd: fleet.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, over] = ['', '', false];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Run>((resolve) => {
    child.on('close', (code, signal) => {
      over = true;
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    ended,
    signal: (signal) => void child.kill(signal),
    step: async (name, step) => {
      const begun = new RegExp(`"type":"step-started"[^\\n]*"step":${step}[,}]`);
      const hasBegun = (): boolean => {
        const lengths = before.has(latestLog(fleet, name)) ? offsets.get(latestLog(fleet, name)) : 0;
        if (begun.test(textOf(latestLog(fleet, name)).slice(lengths ?? 0))) return true;
        if (over) throw new Error(`${name} never came to step ${step}:\n${stderr}`);
        return false;
      };
      await until(`${name} comes to step ${step}`, hasBegun, { limitMs: 600_000 });
      return pidOf(name, child.pid ?? 0);
    },
  };
}

/** How long logs were that were there before: a run that is taken up adds to them. */
const offsets = new Map<string, number>();

function logs(fleet: Fleet): string[] {
  const folder = logFolder(fleet);
  const names = safely(() => readdirSync(folder, { recursive: true, encoding: 'utf8' }), []);
  const files = names.filter((name) => name.endsWith('.log')).map((name) => path.join(folder, name));
  for (const file of files) offsets.set(file, textOf(file).length);
  return files;
}

/** Where a fleet's logs are. */
export function logFolder({ folder }: Fleet): string {
  return path.join(folder, 'home', 'fleets', 'clinics', 'logs');
}

function latestLog(fleet: Fleet, name: string): string {
  const [last = ''] = safely(() => readdirSync(logFolder(fleet)), [])
    .sort()
    .reverse();
  return path.join(logFolder(fleet), last, `${name}.log`);
}

function textOf(file: string): string {
  return safely(() => readFileSync(file, 'utf8'), '');
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The process of one deployment: the child of the fleet's process that carries its stack. */
function pidOf(name: string, parent: number): number {
  const found = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .find((pid) => {
      const stat = textOf(`/proc/${pid}/stat`);
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) return false;
      return textOf(`/proc/${pid}/environ`).split('\0').includes(`CREDENTIAL_ROTATION_STACK=${name}`);
    });
  if (found === undefined) throw new Error(`no process of ${name}`);
  return Number(found);
}
