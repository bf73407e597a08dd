import { becomeEnvironment } from '../src/settings/becomeEnvironment';

/** Remembers this process's variables, and gives what makes them as they were. */
export function keepEnvironment(): () => void {
  const saved = { ...process.env };
  return () => becomeEnvironment(saved);
}
