import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Lab, Site } from '..';
import { packageRoot, tools } from '../package';
import { LAB_FOLDER } from '../servers/processes';

/** How a command ended. */
export interface Finished {
  code: number | null;
  output: string;
  ms: number;
}

/** The command as it is typed in the folder of the package. */
export const COMMAND = 'npx node dist/src/cli/main.js';

/** Runs the product, and the engine's CLI, against one site, as a person would: as processes of their own. */
export class Commands {
  private readonly running = new Set<ChildProcess>();
  private readonly environment: Record<string, string>;
  private ended = false;

  constructor(
    lab: Lab,
    private readonly site: Site,
    private readonly show: (data: Buffer) => void,
  ) {
    // A run that is killed leaves its temporary files here, and they go with the lab; so does, by the
    // variable LAB_FOLDER, every process that it began.
    const temporary = path.join(lab.folder, 'tmp');
    mkdirSync(temporary, { recursive: true });
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: site.folder,
      TMPDIR: temporary,
      [LAB_FOLDER]: lab.folder,
      ...site.environment,
    };
  }

  /** Runs the product and shows its output unchanged. */
  run(args: string[], changes: Record<string, string> = {}): Promise<Finished> {
    const file = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
    return this.start(process.execPath, [file, ...args], this.site.folder, changes, this.show);
  }

  /** The private folder of the product. */
  home(): string {
    return this.environment['CREDENTIAL_ROTATION_HOME'] ?? '';
  }

  /** Runs the engine's CLI in the folder in which the product keeps its project. */
  pulumi(args: string[]): Promise<Finished> {
    const file = path.join(tools().pulumi, 'bin', 'pulumi');
    const { CREDENTIAL_ROTATION_STACK: stack = '' } = this.environment;
    const project = path.join(this.home(), 'work', stack);
    // A run that was refused at once has made no project.
    mkdirSync(project, { recursive: true });
    return this.start(file, args, project, { PULUMI_SKIP_UPDATE_CHECK: 'true' });
  }

  private start(
    file: string,
    args: string[],
    cwd: string,
    changes: Record<string, string>,
    show: (data: Buffer) => void = () => undefined,
  ): Promise<Finished> {
    if (this.ended) return Promise.reject(new Error('the demonstration has ended'));
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      // The shell joins both streams, so that lines come in the order in which they were written. The group of
      // its own keeps the terminal's Ctrl-C away from the command: the demonstration ends it.
      const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', file, ...args], {
        env: { ...this.environment, ...changes },
        cwd,
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      this.running.add(child);
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        show(data);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        this.running.delete(child);
        resolve({ code, output, ms: performance.now() - begin });
      });
    });
  }

  /** Ends what runs, at once: the lab that it works on goes with it. What it began itself, the reaper ends. */
  kill(): void {
    this.ended = true;
    for (const child of this.running) {
      if (child.pid === undefined) continue;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone.
      }
    }
  }
}
