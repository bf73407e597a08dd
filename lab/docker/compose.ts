import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Processes } from '../servers/processes';
import { dockerEnvironment } from './command';

/** How often, in milliseconds, a server is asked whether it is there. */
const PAUSE_MS = 500;

/** One project of Docker Compose: the containers of a lab. They end with the lab, however that ends: see the reaper. */
export class Compose {
  constructor(
    private readonly processes: Processes,
    private readonly place: {
      /** The compose file. */
      file: string;
      project: string;
      /** Where its commands write what they say. */
      logs: string;
      /** What the compose file is filled with. Each process of this user can read it: no secrets. */
      variables: Record<string, string>;
    },
  ) {
    processes.atEnd(`compose ${place.project}`);
  }

  /** Runs one command of Compose. Throws with the end of what it said when it fails. */
  async run(...words: string[]): Promise<void> {
    const { said, code } = await this.attempt(words);
    if (code !== 0) throw new Error(`docker compose ${words[0]} ended with ${code}:\n${end(said)}`);
  }

  /** Whether one command of Compose worked. */
  async succeeds(...words: string[]): Promise<boolean> {
    return (await this.attempt(words)).code === 0;
  }

  /** Waits until a server answers. Throws with the end of its log after `limitMs`. A probe that throws counts as not yet. */
  async ready(service: string, probe: () => Promise<boolean>, limitMs = 120_000): Promise<void> {
    const until = performance.now() + limitMs;
    let reason = 'the probe answered no';
    while (performance.now() < until) {
      try {
        if (await probe()) return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const { said } = await this.attempt(['logs', '--no-color', '--tail', '15', service]);
    throw new Error(
      `${service} is not ready after ${limitMs / 1000} s (${reason}); its log ends with:\n${end(said)}`,
    );
  }

  private async attempt(words: string[]): Promise<{ said: string; code: number | string }> {
    const { file, project, logs, variables } = this.place;
    const logFile = path.join(logs, `docker-${words[0]}.log`);
    const args = ['compose', '--file', file, '--project-name', project, ...words];
    const env = { ...dockerEnvironment(), ...variables };
    const child = this.processes.spawn('docker', 'docker', args, { env, logFile });
    const code = await child.exited;
    return { said: readFileSync(logFile, 'utf8'), code };
  }
}

function end(said: string): string {
  return said.trimEnd().split('\n').slice(-15).join('\n');
}
