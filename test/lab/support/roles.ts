import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pidsWith } from '../../faults/killRun';

/** The processes of a run, by what they are there for. */
export const roles = ['command', 'engine', 'kubernetes', 'aws', 'random'] as const;

/** `kubernetes`, `aws`, `random`: a plugin. The product's own steps are carried out within the command (src/engine/provider.ts). */
export type Role = (typeof roles)[number];

/**
 * The role of a process of a run, by its command line; undefined for one that is none of them. A plugin is the same
 * whether it is the genuine program or the lab's stand-in for aws, which is a script of Node.js in the end.
 */
export function roleOf(commandLine: readonly string[]): Role | undefined {
  const [program = '', script = ''] = commandLine;
  const name = path.basename(program);
  if (name === 'pulumi') return 'engine';
  const official = /^pulumi-resource-(kubernetes|aws|random)$/.exec(name)?.[1];
  const standIn = /\/(aws)(?:\/main)?\.js$/.exec(script)?.[1];
  if (official !== undefined || standIn !== undefined) return (official ?? standIn) as Role;
  return /\/cli\/main\.js$/.test(script) ? 'command' : undefined;
}

/** The living processes with this variable in their environment that have a role. */
export function pidsOf(role: Role, mark: string): number[] {
  return pidsWith(mark)
    .map(Number)
    .filter((pid) => roleOf(commandLineOf(pid)) === role);
}

/**
 * Ends the processes of this role of the run with that mark, as an OOM kill does; the others go on. Not this process.
 * @returns how many there were
 */
export function killAlone(role: Role, runId: string): number {
  const pids = pidsOf(role, `FAULT_RUN=${runId}`);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return pids.length;
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // It ended meanwhile.
  }
}
