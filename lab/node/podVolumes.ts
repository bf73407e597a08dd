import type { Dirent } from 'node:fs';
import { linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { foldersIn } from '../kubelet/volumes';

/** How often the volumes of a pod that runs are looked at, in milliseconds. */
const EVERY = 200;

/**
 * What containers write into the volumes that go with their pod. A kubelet removes an `emptyDir` as soon as the containers have
 * ended, so its files are kept under a second name while the pod runs; what a container has removed stays there, too.
 */
export class PodVolumes {
  private readonly looking = new Map<string, NodeJS.Timeout>();

  constructor(
    /** Where the kubelet has its pods: UID/volumes/kubernetes.io~empty-dir/NAME. */
    private readonly pods: string,
    private readonly kept: string,
  ) {}

  /** Begins to keep the volumes of a pod. Idempotent. */
  follow(uid: string): void {
    if (!this.looking.has(uid)) this.looking.set(uid, setInterval(() => this.keep(uid), EVERY).unref());
  }

  /** The pod is gone. */
  leave(uid: string): void {
    clearInterval(this.looking.get(uid));
    this.looking.delete(uid);
  }

  /** Of all pods. */
  stop(): void {
    for (const uid of [...this.looking.keys()]) this.leave(uid);
  }

  /** The folders in which the volumes of a pod are kept, by the names of the volumes. */
  of(uid: string): Record<string, string> {
    this.keep(uid);
    return foldersIn(path.join(this.kept, uid));
  }

  private keep(uid: string): void {
    const written = path.join(this.pods, uid, 'volumes', 'kubernetes.io~empty-dir');
    link(written, path.join(this.kept, uid));
  }
}

/** Gives all files below a folder a second name below another; the newest file of a name wins. */
function link(from: string, to: string): void {
  for (const entry of entriesOf(from)) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) {
      mkdirSync(target, { recursive: true });
      link(source, target);
    } else if (entry.isFile()) {
      try {
        if (statSync(source).ino === statSync(target, { throwIfNoEntry: false })?.ino) continue;
        rmSync(target, { force: true, recursive: true });
        linkSync(source, target);
      } catch {
        // Gone in this moment.
      }
    }
  }
}

/** Nothing where the folder is gone. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
