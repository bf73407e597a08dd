import { Writable } from 'node:stream';

/** What an action wrote to the two streams of the process. */
export interface Captured {
  stdout: string;
  stderr: string;
}

/** Runs an action with streams of its own in the place of stdout and stderr, for code that takes them when it starts. */
export async function captured(action: () => void | Promise<void>): Promise<Captured> {
  const texts: Captured = { stdout: '', stderr: '' };
  const originals = names.map((name) => Object.getOwnPropertyDescriptor(process, name));
  for (const name of names) {
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      texts[name] += chunk.toString('utf8');
      done();
    };
    Object.defineProperty(process, name, { value: new Writable({ write }), configurable: true });
  }
  try {
    await action();
  } finally {
    names.forEach((name, index) => Object.defineProperty(process, name, originals[index] ?? {}));
  }
  return texts;
}

const names = ['stdout', 'stderr'] as const;
