import { readdirSync, readFileSync } from 'node:fs';

/** A process that has a mark in its environment. */
export interface MarkedProcess {
  pid: number;
  parent: number;
}

/** Names the run that a process of the engine belongs to; each of its plugins inherits it. */
export const markVariable = 'CREDENTIAL_ROTATION_RUN_MARK';

/** The processes with this mark, wherever they hang in the tree. Empty where there is no /proc. */
export function markedProcesses(mark: string): MarkedProcess[] {
  const entry = `${markVariable}=${mark}`;
  return numbersIn('/proc').flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry)) return [];
      return [{ pid, parent: parentOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) }];
    } catch {
      // It ended meanwhile, or is somebody else's.
      return [];
    }
  });
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    // Not Linux: the engine and its plugins end when they miss the command.
    return [];
  }
}

/** The fourth field of /proc/PID/stat; the second one is a name in brackets and may hold spaces. */
export function parentOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
