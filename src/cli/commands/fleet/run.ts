import { exitCodes, Failure } from '../../../base/failure';
import { carryOutAll, killChildren } from '../../../fleet/carryOut';
import { memberResult, readLogLine } from '../../../fleet/childLog';
import type { FleetRun, LastRotation } from '../../../fleet/fleetRun';
import { chooseRun, dueSince, howToContinue, judgeLast } from '../../../fleet/fleetRun';
import type { Member } from '../../../fleet/member';
import { indexVariable } from '../../../fleet/member';
import type { MemberResult } from '../../../fleet/outcome';
import { countsOf, fleetOutcome, isWell } from '../../../fleet/outcome';
import { RunFolder } from '../../../fleet/runFolder';
import { readLastRotations } from '../../../fleet/stacks';
import { parseAge } from '../../../rotation/age';
import { durationText, timeText } from '../../../report/duration';
import { FleetProgress } from '../../../report/fleetProgress';
import { deploymentsText, fleetRunLines, outcomeText } from '../../../report/fleetText';
import type { FleetFlags, Flags } from '../../invocation';
import { rendererOf } from '../../request';
import { withStopSignals } from '../../signals';
import type { OpenFleet } from './open';
import { openFleet, ownCommand } from './open';
import { sinceOf } from './open';

/** Rotates every deployment of a fleet, or goes on with the run before. Returns the exit code. */
export async function fleetRunCommand(flags: Flags, fleetFlags: FleetFlags): Promise<number> {
  const index = fleetFlags.index ?? (fleetFlags.only.length === 0 ? process.env[indexVariable] : undefined);
  if (index !== undefined) return (await import('./indexed.js')).fleetIndexCommand(flags, fleetFlags, index);
  if (flags.logJson)
    throw new Failure('command-line-invalid', '--log-json goes with --index; a fleet run has --json.');
  const fleet = await openFleet(flags, fleetFlags);
  const folder = new RunFolder(fleet.home, fleet.file.name);
  const run = chooseRun({
    names: fleet.members.map(({ name }) => name),
    journal: await folder.journal(),
    now: new Date(),
    anew: fleetFlags.anew,
    ...sinceOf(fleetFlags.since),
  });
  await folder.prepare(run);
  return new FleetRunner(fleet, folder, run).carryOut(flags);
}

/** One run of the command over a fleet. */
class FleetRunner {
  private readonly startedAt = performance.now();
  private readonly progress: FleetProgress;
  private readonly results = new Map<string, MemberResult>();

  constructor(
    private readonly fleet: OpenFleet,
    private readonly folder: RunFolder,
    private readonly run: FleetRun & { resumed: boolean },
  ) {
    this.progress = new FleetProgress(fleet.members.length);
  }

  async carryOut(flags: Flags): Promise<number> {
    const { run, fleet, progress } = this;
    const began = `${timeText(run.startedAt)} UTC`;
    progress.say(
      run.resumed
        ? `Fleet run ${run.id}: resumed; what was rotated since ${began} is left as it is.`
        : `Fleet run ${run.id}: ${deploymentsText(fleet.members.length)}, ${fleet.limits.concurrency} at a time.`,
    );
    const signalled = await withStopSignals(
      (signal) => this.rotateAll(signal),
      (signal) =>
        progress.say(
          `${signal}: every rotation stops after its current step; a second signal ends them at once.`,
        ),
      killChildren,
    );
    progress.stop();
    await this.folder.save(run);
    return this.report(flags, signalled);
  }

  /** True when a signal stopped it. */
  private async rotateAll(signal: AbortSignal): Promise<boolean> {
    const { fleet, run, progress } = this;
    const lasts = await readLastRotations(fleet.members, fleet.limits.concurrency, process.env, signal);
    const since = new Date(run.startedAt);
    const foundOf = (name: string): ReturnType<typeof judgeLast> => judgeLast(lasts.get(name), since);
    for (const { name } of fleet.members) {
      const last = lasts.get(name);
      if (last && foundOf(name) === 'rotated') this.ended(rotatedEarlier(name, last));
    }
    await carryOutAll({
      members: fleet.members.filter(({ name }) => !this.results.has(name)),
      unfinished: new Set([...lasts.keys()].filter((name) => foundOf(name) === 'unfinished')),
      limits: fleet.limits,
      environment: process.env,
      command: () => ownCommand(['rotate', '--log-json', '--if-older-than', this.recent()]),
      logFile: ({ name }) => this.folder.logFile(run, name),
      resultOf: ({ name }, lines, end) =>
        memberResult(
          name,
          lines.map(readLogLine).filter((line) => line !== undefined),
          end,
        ),
      isFailure: ({ outcome }) => !isWell(outcome),
      tell: (news) => {
        if (news.kind === 'line') progress.line(news.name, news.line);
        else if (news.kind === 'ended') this.ended(news.result);
        else {
          progress.started(news.name);
          this.note(news.name, 'running');
        }
      },
      signal,
    });
    return signal.aborted;
  }

  private recent(): string {
    const { ifOlderThan } = this.fleet;
    const ageMs = ifOlderThan === undefined ? 0 : parseAge(ifOlderThan);
    return dueSince(ifOlderThan, ageMs, new Date(this.run.startedAt), new Date());
  }

  private ended(result: MemberResult): void {
    this.results.set(result.name, result);
    const took = result.seconds === null ? '' : ` after ${durationText(result.seconds)}`;
    this.progress.over(result.name, `${outcomeText(result.outcome)}${took}`);
    this.note(result.name, result.outcome);
  }

  private note(name: string, outcome: FleetRun['deployments'][string]): void {
    this.run.deployments[name] = outcome;
    void this.folder.save(this.run);
  }

  private report(flags: Flags, signalled: boolean): number {
    const { fleet, run, startedAt } = this;
    const deployments = fleet.members.map(({ name }) => this.results.get(name) ?? notStarted(name));
    const outcomes = deployments.map(({ outcome }) => outcome);
    const outcome = fleetOutcome(outcomes, signalled);
    const counts = countsOf(outcomes);
    const renderer = rendererOf(flags);
    const exitCode = exitCodes[outcome];
    if (flags.json)
      renderer.object('fleet-run', {
        outcome,
        exitCode,
        fleet: fleet.file.name,
        run: run.id,
        since: run.startedAt,
        resumed: run.resumed,
        seconds: (performance.now() - startedAt) / 1000,
        counts,
        deployments,
      });
    else {
      fleetRunLines(deployments, counts).forEach((line) => renderer.line(line));
      if (outcome !== 'done') renderer.line(`${howToContinue(run.startedAt, new Date())} [exit ${exitCode}]`);
    }
    return exitCode;
  }
}

const nothing = {
  exitCode: null,
  seconds: null,
  kind: null,
  from: null,
  to: null,
  slot: null,
  rotation: null,
  log: null,
};

function notStarted(name: Member['name']): MemberResult {
  return { ...nothing, name, outcome: 'not-started', message: 'The run was stopped before its turn.' };
}

/** It is not run again: its own state says that it was rotated since the run began. */
function rotatedEarlier(
  name: string,
  { plan: { id, kind, from, to, startedAt }, begunAt = startedAt }: LastRotation,
): MemberResult {
  const message = `Rotated earlier in this run, at ${timeText(begunAt)} UTC.`;
  return { ...nothing, name, outcome: 'done', exitCode: 0, kind, from, to, slot: to, rotation: id, message };
}
