import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dockerEnvironment } from '../docker/command';

/** The variable that marks every process of a lab: it holds the lab's folder. */
export const LAB_FOLDER = 'LAB_FOLDER';

/** A process that the lab began; the leader of a process group of its own. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it ended: with the exit code, or the name of the signal. Never rejects. */
  readonly exited: Promise<number | string>;
  readonly running: boolean;
  /** Sends a signal to the whole group; nothing happens when it is gone. */
  signal(signal: NodeJS.Signals): void;
}

/** How to start a process. */
export interface SpawnOptions {
  /** Variables beyond PATH, HOME and TMPDIR; the rest of the lab's own environment is not passed on. */
  env?: Record<string, string>;
  cwd?: string;
  /** Where stdout and stderr go (appended); default: `<logs>/<name>.log`. */
  logFile?: string;
}

/** All processes of one lab. They end with `stop()`, and by the reaper when the lab's process dies in any way. */
export class Processes {
  private readonly children = new Set<Child>();
  private readonly reaper: ChildProcess;
  private stopped = false;

  private readonly logs: string;

  /** Starts the reaper. A `temporary` folder is removed at the end, by whoever is left. */
  constructor(
    private readonly folder: string,
    temporary: boolean,
  ) {
    this.logs = path.join(folder, 'logs');
    mkdirSync(this.logs, { recursive: true });
    this.reaper = spawn(process.execPath, [path.join(__dirname, 'reaper.js'), folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      // What ends containers, where there are any; nothing that marks it as a process of a lab.
      env: dockerEnvironment(),
    });
    this.reaper.stdin?.on('error', () => undefined);
    this.reaper.unref();
    if (temporary) this.tell(`rm ${folder}`);
  }

  private tell(line: string): void {
    if (this.reaper.stdin?.writable) this.reaper.stdin.write(`${line}\n`);
  }

  /** What the reaper does at the end, beyond ending the processes: a line that it knows. */
  atEnd(line: string): void {
    this.tell(line);
  }

  /** Starts a process in a group of its own. Throws when the file cannot be started. */
  spawn(name: string, file: string, args: readonly string[], options: SpawnOptions = {}): Child {
    if (this.stopped) throw new Error(`the lab has stopped: ${name} is not started`);
    const logFile = options.logFile ?? path.join(this.logs, `${name}.log`);
    const log = openSync(logFile, 'a', 0o600);
    const process_ = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: options.cwd,
      env: { ...baseEnvironment(), ...options.env, [LAB_FOLDER]: this.folder },
    });
    closeSync(log);
    if (process_.pid === undefined) {
      process_.on('error', () => undefined);
      throw new Error(`cannot start ${file}: is the lab set up?`);
    }
    this.tell(`+${process_.pid}`);
    const child = new ChildOf(name, process_, process_.pid, logFile);
    this.children.add(child);
    void child.exited.then(() => {
      // What the leader left behind in its group (workers of php) goes with it.
      child.signal('SIGKILL');
      this.children.delete(child);
      this.tell(`-${child.pid}`);
    });
    return child;
  }

  /** Kills all of them, waits for their end, and lets the reaper go. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    const ending = [...this.children];
    for (const child of ending) child.signal('SIGKILL');
    await Promise.all(ending.map((child) => child.exited));
    if (this.reaper.exitCode !== null || this.reaper.signalCode !== null) return;
    const gone = new Promise((resolve) => this.reaper.once('exit', resolve));
    this.reaper.ref();
    this.reaper.stdin?.end();
    await gone;
  }
}

class ChildOf implements Child {
  readonly exited: Promise<number | string>;
  private swept = false;

  constructor(
    readonly name: string,
    private readonly process_: ChildProcess,
    readonly pid: number,
    readonly logFile: string,
  ) {
    this.exited = new Promise((resolve) => {
      process_.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
  }

  get running(): boolean {
    return this.process_.exitCode === null && this.process_.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.swept) return;
    // After the leader's end one signal still reaches what it left; later its number may be another group's.
    this.swept = !this.running;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone.
    }
  }
}

function baseEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SSL_CERT_FILE'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/**
 * Waits until `probe` gives true, every `everyMs`. Throws with the end of the child's log when the child ends
 * first or `timeoutMs` passes. A probe that throws counts as not yet.
 */
export async function ready(
  child: Child,
  probe: () => Promise<boolean>,
  timeoutMs = 60_000,
  everyMs = 40,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  let reason = 'the probe answered no';
  while (child.running && performance.now() < end) {
    try {
      if (await probe()) return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const state = child.running ? `is not ready after ${timeoutMs} ms (${reason})` : 'ended while starting';
  throw new Error(`${child.name} ${state}; its log ends with:\n${logEnd(child.logFile)}`);
}

function logEnd(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
}
