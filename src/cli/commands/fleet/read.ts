import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { carryOutAll, killChildren } from '../../../fleet/carryOut';
import type { ProcessEnd } from '../../../fleet/childLog';
import type { Member } from '../../../fleet/member';
import type { MemberOutcome } from '../../../rotation/ends';
import { FleetProgress } from '../../../report/fleetProgress';
import { outcomeText } from '../../../report/fleetText';
import { withStopSignals } from '../../signals';
import type { OpenFleet } from './open';
import { ownCommand } from './open';

/** What a reading command makes of one deployment. */
interface Reading<Result> {
  words: string[];
  resultOf: (member: Member, lines: string[], end: ProcessEnd) => Result;
  /** For a deployment that was not reached. */
  missed: (name: string) => Result;
}

/**
 * Runs a command that only reads for every deployment, so many at a time; what each says goes to a file that is gone
 * afterwards.
 */
export async function readAll<Result extends { name: string; outcome: MemberOutcome }>(
  { members, limits }: OpenFleet,
  { words, resultOf, missed }: Reading<Result>,
): Promise<{ results: Result[]; signalled: boolean }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'credential-rotation-fleet-'));
  const progress = new FleetProgress(members.length);
  try {
    const look = async (signal: AbortSignal): Promise<{ results: Result[]; signalled: boolean }> => {
      const found = await carryOutAll({
        // Reading shares everything.
        members: members.map((member) => ({ ...member, shared: [] })),
        unfinished: new Set<string>(),
        limits: { ...limits, staggerMs: 0, onFailure: 'continue' },
        environment: process.env,
        command: () => ownCommand(words),
        logFile: ({ name }) => path.join(folder, `${name}.log`),
        resultOf,
        isFailure: () => false,
        tell: (news) => {
          if (news.kind === 'started') progress.started(news.name);
          if (news.kind === 'ended') progress.over(news.name, readText(news.result.outcome));
        },
        signal,
      });
      const results = members.map(({ name }) => found.get(name) ?? missed(name));
      return { results, signalled: signal.aborted };
    };
    const stopping = (signal: NodeJS.Signals): void =>
      progress.say(`${signal}: stopping; a second signal stops it at once.`);
    return await withStopSignals(look, stopping, killChildren);
  } finally {
    progress.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function readText(outcome: MemberOutcome): string {
  return outcome === 'done' ? 'looked at' : outcomeText(outcome);
}
