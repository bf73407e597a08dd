import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { traceVariables } from '../base/trace';
import { killTrees } from '../engine/process';
import type { ProcessEnd } from './childLog';
import type { Member } from './member';
import { memberEnvironment } from './member';

/** How often a log is read while its process goes on, in ms. */
const readEveryMs = 250;

/** What a process of the fleet is given. */
export interface ChildRequest {
  member: Member;
  /** The command's own file, and the words after it. */
  command: string[];
  environment: NodeJS.ProcessEnv;
  /** Where its stdout and stderr go; made for its owner's eyes, and appended to. */
  log: string;
  /** Told of each whole line that the process writes. */
  onLine: (line: string) => void;
}

/** A process of the fleet that is under way. */
export interface Child {
  readonly pid: number | undefined;
  /** How it ended. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks it to stop in order; what it began is finished by the next run. */
  stop(): void;
  /** Ends it with everything below it at once. */
  kill(): void;
}

/**
 * Runs the command for one deployment, as a process in a group of its own: whatever becomes of it, of the fleet or of
 * the terminal, the others go on. Its output goes to the file itself, so that it is whole even when the fleet is gone.
 */
export async function startChild(request: ChildRequest): Promise<Child> {
  const { member, command, environment, log, onLine } = request;
  await mkdir(member.location.home, { recursive: true, mode: 0o700 });
  const output = openSync(log, 'a', 0o600);
  const reader = new LogReader(log, onLine);
  const started = performance.now();
  // In its own home, so that no stack file of this folder adds a setting.
  const process_ = spawn(process.execPath, command, {
    cwd: member.location.home,
    env: { ...memberEnvironment(member, environment), ...traceVariables() },
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const timer = setInterval(() => reader.read(), readEveryMs);
  const ended = new Promise<ProcessEnd>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearInterval(timer);
      reader.close();
      resolve({ code, signal, seconds: (performance.now() - started) / 1000, log });
    };
    process_.on('error', () => end(null, null));
    process_.on('exit', end);
  });
  return {
    pid: process_.pid,
    ended,
    stop: () => void process_.kill('SIGTERM'),
    kill: () => killTrees(process_.pid === undefined ? [] : [process_.pid]),
  };
}

/** Reads what is added to a file from now on, line by line. */
class LogReader {
  private readonly file: number;
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  private position: number;

  constructor(
    file: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.file = openSync(file, 'r');
    this.position = fstatSync(this.file).size;
  }

  /** A log that cannot be read now may be read next time; what it says of the end is then missing, and is told so. */
  read(): void {
    try {
      this.readAll();
    } catch {
      // A full disk, say; the process itself goes on.
    }
  }

  private readAll(): void {
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      const count = readSync(this.file, buffer, 0, buffer.length, this.position);
      if (count === 0) return;
      this.position += count;
      const lines = (this.rest + this.decoder.write(buffer.subarray(0, count))).split('\n');
      this.rest = lines.pop() ?? '';
      lines.forEach(this.onLine);
    }
  }

  close(): void {
    this.read();
    if (this.rest !== '') this.onLine(this.rest);
    closeSync(this.file);
  }
}
