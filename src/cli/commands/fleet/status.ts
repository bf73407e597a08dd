import type { Outcome } from '../../../base/failure';
import { exitCodes } from '../../../base/failure';
import type { ProcessEnd } from '../../../fleet/childLog';
import { memberResult, readJson, readLogLine } from '../../../fleet/childLog';
import type { Member } from '../../../fleet/member';
import { fleetOutcome } from '../../../fleet/outcome';
import { outcomeOfCode } from '../../../rotation/ends';
import type { Standings } from '../../../fleet/standing';
import { countStandings, standingOf } from '../../../fleet/standing';
import type { StatusLine } from '../../../fleet/statusLine';
import { readStatusLine } from '../../../fleet/statusLine';
import { parseAge } from '../../../rotation/age';
import type { MemberStatus } from '../../../report/fleetText';
import { fleetStatusLines } from '../../../report/fleetText';
import type { FleetFlags, Flags } from '../../invocation';
import { rendererOf } from '../../request';
import { openFleet, sinceOf } from './open';
import { readAll } from './read';

/**
 * Shows where every deployment of a fleet stands; changes nothing. With the begin of a run it is the report of that run,
 * whoever carried it out: the command itself, or the pods of an Indexed Job. Returns the exit code: 10 when any differs.
 */
export async function fleetStatusCommand(flags: Flags, fleetFlags: FleetFlags): Promise<number> {
  const fleet = await openFleet(flags, fleetFlags);
  const { since } = sinceOf(fleetFlags.since);
  const ageMs = fleet.ifOlderThan === undefined ? 0 : parseAge(fleet.ifOlderThan);
  const { results, signalled } = await readAll(fleet, {
    words: ['status', '--json'],
    resultOf: (member, texts, end) => memberStatus(member, texts, end, { since, ageMs }),
    missed: (name) => ({ ...nothing, name, outcome: 'not-started', findings: ['Not looked at.'] }),
  });
  const run = since && {
    since: since.toISOString(),
    counts: countStandings(results.map(({ standing }) => standing)),
  };
  const outcome = fleetStatusOutcome(results, signalled, run?.counts);
  const renderer = rendererOf(flags);
  const exitCode = exitCodes[outcome];
  if (flags.json)
    renderer.object('fleet-status', {
      ...{ outcome, exitCode, fleet: fleet.file.name },
      ...{ since: run?.since ?? null, counts: run?.counts ?? null, deployments: results },
    });
  else fleetStatusLines(results, run).forEach((line) => renderer.line(line));
  return exitCode;
}

/**
 * The outcome of all. What cannot be read is told in the table; a difference that is known is what decides, and in the
 * report of a run before it a rollback.
 */
export function fleetStatusOutcome(
  results: readonly Pick<MemberStatus, 'outcome'>[],
  signalled: boolean,
  counts?: Standings,
): Outcome {
  const outcomes = results.map(({ outcome }) => outcome);
  if (!signalled && counts && counts.rolledBack > 0) return 'rolled-back';
  if (!signalled && outcomes.includes('drift')) return 'drift';
  const outcome = fleetOutcome(outcomes, signalled);
  return outcome === 'done' && counts && counts.rotated + counts.notDue < counts.all ? 'drift' : outcome;
}

const nothing = {
  exitCode: null,
  slot: null,
  oldestSeconds: null,
  lastRotation: null,
  standing: null,
  advice: 'Run the command again.',
};

/** What a status said, in the words of a table. */
export function memberStatus(
  { name }: Pick<Member, 'name'>,
  texts: string[],
  end: ProcessEnd,
  { since, ageMs = 0 }: { since?: Date | undefined; ageMs?: number } = {},
): MemberStatus {
  const report = texts
    .map((text) => readStatusLine(readJson(text)))
    .flatMap((read) => (read.ok ? [read.value] : []))
    .at(0);
  const outcome = end.code === null ? undefined : outcomeOfCode(end.code);
  if (report === undefined || outcome === undefined) {
    const lines = texts.map(readLogLine).filter((line) => line !== undefined);
    const result = memberResult(name, lines, end);
    return { ...nothing, name, outcome: result.outcome, exitCode: end.code, findings: [result.message] };
  }
  const { live, unfinished, unreadable, drift, passwords, advice, lastRotation } = report;
  const known = !unreadable.some(({ part }) => part === 'state');
  const ages = passwords.flatMap(({ ageSeconds }) => (ageSeconds === null ? [] : [ageSeconds]));
  return {
    name,
    outcome,
    exitCode: end.code,
    slot: live?.slot ?? null,
    oldestSeconds: ages.length === 0 ? null : Math.max(...ages),
    lastRotation: lastRotation && shortened(lastRotation),
    standing: since && known ? standingOf(lastRotation, since, ageMs) : null,
    findings: [
      ...(unfinished ? [`Rotation ${unfinished.id} is not finished.`] : []),
      ...unreadable.map(({ part, reason }) => `${part}: ${reason}`),
      ...drift.map(({ text }) => text),
    ],
    advice,
  };
}

function shortened({
  id,
  kind,
  end,
  startedAt,
  endedAt,
}: NonNullable<StatusLine['lastRotation']>): NonNullable<MemberStatus['lastRotation']> {
  return { id, kind, end, startedAt, endedAt };
}
