import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = '/sys/fs/cgroup';
const NAME = /^openemr-lab-(\d+)-\d+$/;

/** The hierarchies of this machine: one with version 2 alone, one for each controller with version 1. */
function hierarchies(): string[] {
  if (existsSync(path.join(ROOT, 'cgroup.controllers'))) return [ROOT];
  return readdirSync(ROOT)
    .map((name) => path.join(ROOT, name))
    .filter((folder) => statSync(folder).isDirectory());
}

/** Makes the control group in which a node's pods will be, and takes away those of labs that are gone. Throws where that is not allowed. */
export function makeControlGroup(name: string): void {
  for (const folder of hierarchies()) {
    for (const other of readdirSync(folder)) {
      const owner = NAME.exec(other)?.[1];
      if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeTree(path.join(folder, other));
    }
    mkdirSync(path.join(folder, name), { recursive: true });
  }
}

/** Removes a control group from all hierarchies, once its processes are gone. What still holds one after 5 s stays for the next lab. */
export async function controlGroupEnded(name: string): Promise<void> {
  const inUse = (folder: string): boolean =>
    existsSync(folder) &&
    (readFileSync(path.join(folder, 'cgroup.procs'), 'utf8') !== '' || children(folder).some(inUse));
  const folders = hierarchies().map((folder) => path.join(folder, name));
  for (const end = performance.now() + 5000; folders.some(inUse) && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 20));
  folders.forEach(removeTree);
}

/** Removes a control group that never held a process. */
export function removeControlGroup(name: string): void {
  for (const folder of hierarchies()) removeTree(path.join(folder, name));
}

function children(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name));
}

/** A control group is removed by rmdir, its files with it. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const child of children(folder)) removeTree(child);
  try {
    rmdirSync(folder);
  } catch {
    // A process is in it; the next lab tries again.
  }
}
