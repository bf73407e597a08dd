import { readdirSync, readFileSync } from 'node:fs';
import { pidsWith } from '../../faults/killRun';

/** A process, as far as the tests look into it. */
export interface FoundProcess {
  pid: number;
  args: string[];
}

function read(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** What belongs to labs in folders below `folder`: their children by their environment, their reapers by name. */
export function processesBelow(folder: string): FoundProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = pids.map((pid) => ({ pid: Number(pid), args: read(`/proc/${pid}/cmdline`) }));
  return found.filter(({ pid, args }) => {
    const isReaper = args.some((argument) => argument.endsWith('reaper.js'));
    const marked = read(`/proc/${pid}/environ`).some((entry) => entry.startsWith(`LAB_FOLDER=${folder}/`));
    return marked || (isReaper && args.some((argument) => argument.startsWith(`${folder}/`)));
  });
}

/** Ends every process with this variable in its environment at once, as `kill -9`; gives how many there were. */
export function killAllWith(mark: string): number {
  const pids = pidsWith(mark);
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Those of a container end with its first process.
    }
  }
  return pids.length;
}
