/*
 * The reaper: a process of its own that ends what the lab began, even when the lab was killed by SIGKILL.
 * The lab holds the other end of its stdin. Lines: `+PID` (a child, leader of its own process group), `-PID`
 * (it has ended), `rm FOLDER` (remove this at the end), `group NAME` (likewise, a control group), `compose PROJECT` (likewise,
 * the containers of a project of Docker Compose). End of input means that the lab is gone.
 *
 * argv[2] is the lab's folder, which all its children have in their environment: by it the reaper also finds a
 * child that was born in the very moment in which the lab died.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { downArguments } from '../docker/command';
import { controlGroupEnded } from '../node/controlGroups';

const mark = process.argv[2] === undefined ? undefined : `LAB_FOLDER=${process.argv[2]}`;
const children = new Set<number>();
const folders: string[] = [];
const groups: string[] = [];
const projects: string[] = [];

/** The longest time for which the end of containers is waited for, in milliseconds. */
const DOWN_MS = 60_000;

function kill(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

/** Pids of all processes whose environment holds the lab's folder. */
function marked(): number[] {
  if (mark === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function end(): Promise<void> {
  children.forEach(kill);
  // A process may fork while it is being looked for: look until nothing is found.
  for (let found = marked(), round = 0; found.length > 0 && round < 50; found = marked(), round++) {
    found.forEach(kill);
  }
  for (const group of groups) await controlGroupEnded(group);
  for (const project of projects)
    spawnSync('docker', downArguments(project), { stdio: 'ignore', timeout: DOWN_MS });
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line.startsWith('+')) children.add(Number(line.slice(1)));
  else if (line.startsWith('-')) children.delete(Number(line.slice(1)));
  else if (line.startsWith('rm ')) folders.push(line.slice(3));
  else if (line.startsWith('group ')) groups.push(line.slice(6));
  else if (line.startsWith('compose ')) projects.push(line.slice(8));
});
lines.on('close', () => void end());
