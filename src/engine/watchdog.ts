/*
 * A process of its own that ends what a killed command has left: `watchdog.js MARK`, with a pipe from the command as
 * stdin. The system closes that pipe however the command ends. It has no environment and so no secret, and stays alive
 * only as long as the command or what is left of it.
 */
import { markedProcesses } from './markedProcesses';
import type { MarkedProcess } from './markedProcesses';

/** How long the engine may take to stop in order and to write its state, in ms. */
const graceMs = 5000;
/** After it nothing more is tried, in ms: a process in the kernel's hands, on a dead network share, cannot be ended. */
const limitMs = 15_000;
const everyMs = 100;

/** Those that are told first: they tell what they have started. */
function roots(processes: readonly MarkedProcess[]): MarkedProcess[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  return processes.filter(({ parent }) => !pids.has(parent));
}

function signal(processes: readonly MarkedProcess[], name: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself.
    }
  }
}

function endAll(mark: string): void {
  const begun = performance.now();
  signal(roots(markedProcesses(mark)), 'SIGINT');
  const look = (): void => {
    const left = markedProcesses(mark);
    const ms = performance.now() - begun;
    if (left.length === 0 || ms > limitMs) process.exit(0);
    if (ms > graceMs) signal(left, 'SIGKILL');
    setTimeout(look, everyMs);
  };
  look();
}

const [mark = ''] = process.argv.slice(2);
// A signal to the command's group is the command's to judge.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
process.stdin.on('error', () => endAll(mark));
process.stdin.once('end', () => endAll(mark));
process.stdin.resume();
