import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tools } from '../package';
import type { Child, Processes } from '../servers/processes';

/**
 * Mounts the container's root and starts it. Mounts and processes live in namespaces of their own, so all of them are
 * gone when this process is. The OCI runtime refuses a machine with both versions of control groups, and needs none.
 */
const SCRIPT = `
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || true
mount -t tmpfs tmpfs layer && mkdir layer/upper layer/work &&
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$PWD/layer/upper,workdir=$PWD/layer/work" rootfs || exit 125
exec "$0" --root "$PWD/state" --cgroup-manager=disabled run --bundle "$PWD" --pid-file "$PWD/pid" container
`;

/** One start of a container, by the OCI runtime crun. */
export class RunningContainer {
  private constructor(
    readonly child: Child,
    private readonly folder: string,
  ) {}

  /** Starts a container of this configuration on an overlay over the image's root; stdout and stderr go to `logFile`. */
  static start(
    processes: Processes,
    name: string,
    options: { folder: string; root: string; spec: Record<string, unknown>; logFile: string },
  ): RunningContainer {
    const { folder, root, spec, logFile } = options;
    rmSync(folder, { recursive: true, force: true });
    for (const each of ['layer', 'rootfs', 'state']) mkdirSync(path.join(folder, each), { recursive: true });
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
    const own = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const child = processes.spawn(name, 'unshare', [...own, '/bin/sh', '-c', SCRIPT, tools().crun, root], {
      cwd: folder,
      logFile,
    });
    return new RunningContainer(child, folder);
  }

  /** Whether the container itself has begun, so that a signal reaches its first process. */
  get started(): boolean {
    return existsSync(path.join(this.folder, 'pid'));
  }

  /** Resolves when it has begun, or has ended without. */
  async begun(): Promise<boolean> {
    while (this.child.running && !this.started) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.started;
  }

  /** Resolves with its exit code; a signal's number is 128 more. */
  async ended(): Promise<number> {
    const code = await this.child.exited;
    return typeof code === 'number' ? code : 137;
  }

  /** SIGTERM for its first process. */
  async stop(): Promise<void> {
    if (await this.begun()) this.child.signal('SIGTERM');
  }

  /** Ends all of its processes at once. */
  kill(): void {
    this.child.signal('SIGKILL');
  }
}

/** The end of a log, as a kubelet puts it into a status: 80 lines, 2048 bytes. */
export function logEnd(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.split('\n').slice(-81).join('\n').slice(-2048);
}
