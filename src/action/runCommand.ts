import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandEnd } from './report';

/** The compiled command. */
const commandFile = path.resolve(__dirname, '..', 'cli', 'main.js');

/** How to run it. */
export interface CommandRun {
  words: string[];
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** Told each line of stdout and of stderr as it comes. */
  tell: (line: string, from: 'stdout' | 'stderr') => void;
}

/**
 * Runs the command in a process of its own and waits for its end. The first SIGINT or SIGTERM is handed on, so that it
 * stops after the step under way; GitHub sends a second one 7.5 s later, which would end it at once, and is not.
 */
export async function runCommand({ words, folder, environment, tell }: CommandRun): Promise<CommandEnd> {
  const child = spawn(process.execPath, [commandFile, ...words], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stopped = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (!stopped) child.kill(signal);
    stopped = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const lines: string[] = [];
  const out = createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    tell(line, 'stdout');
  });
  const error = createInterface({ input: child.stderr }).on('line', (line) => tell(line, 'stderr'));
  try {
    const ended = Promise.all(
      [out, error].map((reader) => new Promise((resolve) => reader.on('close', resolve))),
    );
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    await ended;
    return { exitCode, lines };
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}
