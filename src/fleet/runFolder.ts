import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../base/failure';
import { writeFileAtomic } from '../base/writeFileAtomic';
import { errorCode } from '../base/errors';
import type { FleetRun } from './fleetRun';
import { parseFleetRun } from './fleetRun';

/** Runs whose logs are kept. */
const keptRuns = 10;

/** Where a fleet keeps its journal and its logs: a private folder below its home. */
export class RunFolder {
  private readonly folder: string;
  private writing: Promise<void> = Promise.resolve();

  constructor(home: string, fleet: string) {
    this.folder = path.join(home, 'fleets', fleet);
  }

  private get journalFile(): string {
    return path.join(this.folder, 'run.json');
  }

  /** The journal of the last run; undefined when there is none, or none that can be read: each stack's state knows more. */
  async journal(): Promise<FleetRun | undefined> {
    return parseFleetRun(await readFile(this.journalFile, 'utf8').catch(() => ''));
  }

  /** Makes the folder of a run's logs, and removes those of old runs. @throws Failure `configuration` */
  async prepare(run: FleetRun): Promise<void> {
    const logs = path.join(this.folder, 'logs');
    try {
      await mkdir(path.join(logs, run.id), { recursive: true, mode: 0o700 });
      const runs = (await readdir(logs)).filter((name) => /^[0-9-]+$/.test(name) && name !== run.id);
      const old = runs.sort().slice(0, Math.max(0, runs.length + 1 - keptRuns));
      await Promise.all(old.map((name) => rm(path.join(logs, name), { recursive: true, force: true })));
      await this.write(run);
    } catch (error) {
      throw new Failure(
        'file-unwritable',
        `The fleet's folder ${this.folder} cannot be written (${errorCode(error)}); name a writable one with --home. Nothing was changed.`,
        { cause: error },
      );
    }
  }

  /** The log file of one deployment in a run. */
  logFile({ id }: FleetRun, name: string): string {
    return path.join(this.folder, 'logs', id, `${name}.log`);
  }

  /** Keeps a run as it is now. Never throws: the journal is a convenience, each stack's state is the truth. */
  save(run: FleetRun): Promise<void> {
    this.writing = this.writing.then(() => this.write(run)).catch(() => undefined);
    return this.writing;
  }

  private async write({ formatVersion, id, startedAt, deployments }: FleetRun): Promise<void> {
    const text = `${JSON.stringify({ formatVersion, id, startedAt, deployments }, undefined, 2)}\n`;
    await writeFileAtomic(this.journalFile, text, 0o600);
  }
}
