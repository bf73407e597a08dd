import { becomeEnvironment } from '../src/settings/becomeEnvironment';

/** Remembers this process's variables, and gives what makes them as they were. */
export function keepEnvironment(): () => void {
  const saved = { ...process.env };
  return () => becomeEnvironment(saved);
}

let before: NodeJS.ProcessEnv = {};

/**
 * Mocha's root hooks, around each test file: a process runs one file after the other, so a variable that a file leaves
 * behind changes what the next ones see. It is given back, and the file fails.
 */
export const mochaHooks = {
  beforeAll(): void {
    before = { ...process.env };
  },
  afterAll(): void {
    const left = changed(before, process.env);
    becomeEnvironment(before);
    if (left.length > 0)
      throw new Error(`This test file leaves variables changed: ${left.join(', ')}. Use keepEnvironment().`);
  },
};

function changed(before: NodeJS.ProcessEnv, now: NodeJS.ProcessEnv): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]);
}
