import { exitCodes } from '../../../failure';
import type { ProcessEnd } from '../../../fleet/childLog';
import { memberResult, readJson, readLogLine } from '../../../fleet/childLog';
import type { Member } from '../../../fleet/member';
import { fleetOutcome, outcomeOfCode } from '../../../fleet/outcome';
import type { StatusReport } from '../../../observe/status/report';
import type { MemberStatus } from '../../../report/fleetText';
import { fleetStatusLines } from '../../../report/fleetText';
import type { FleetFlags, Flags } from '../../invocation';
import { rendererOf } from '../../request';
import { openFleet } from './open';
import { readAll } from './read';

/** Shows where every deployment of a fleet stands; changes nothing. Returns the exit code: 10 when any differs. */
export async function fleetStatusCommand(flags: Flags, fleetFlags: FleetFlags): Promise<number> {
  const fleet = await openFleet(flags, fleetFlags);
  const { results, signalled } = await readAll(fleet, {
    words: ['status', '--json'],
    resultOf: memberStatus,
    missed: (name) => ({ ...nothing, name, outcome: 'not-started', findings: ['Not looked at.'] }),
  });
  const outcomes = results.map((each) => each.outcome);
  // What cannot be read is told in the table; a difference that is known is what decides.
  const outcome = outcomes.includes('drift') && !signalled ? 'drift' : fleetOutcome(outcomes, signalled);
  const renderer = rendererOf(flags);
  const exitCode = exitCodes[outcome];
  if (flags.json)
    renderer.object('fleet-status', { outcome, exitCode, fleet: fleet.file.name, deployments: results });
  else fleetStatusLines(results).forEach((line) => renderer.line(line));
  return exitCode;
}

const nothing = { exitCode: null, slot: null, oldestSeconds: null, advice: 'Run the command again.' };

/** What a status said, in the words of a table. */
export function memberStatus({ name }: Pick<Member, 'name'>, texts: string[], end: ProcessEnd): MemberStatus {
  const said = texts.map(readJson).find((each) => each?.['type'] === 'status');
  const outcome = end.code === null ? undefined : outcomeOfCode(end.code);
  if (said === undefined || outcome === undefined) {
    const lines = texts.map(readLogLine).filter((line) => line !== undefined);
    const result = memberResult(name, lines, end);
    return { ...nothing, name, outcome: result.outcome, exitCode: end.code, findings: [result.message] };
  }
  const report = said as unknown as StatusReport;
  const { live, unfinished, unreadable, drift, passwords, advice } = report;
  const ages = passwords.flatMap(({ ageSeconds }) => (ageSeconds === null ? [] : [ageSeconds]));
  return {
    name,
    outcome,
    exitCode: end.code,
    slot: live?.slot ?? null,
    oldestSeconds: ages.length === 0 ? null : Math.max(...ages),
    findings: [
      ...(unfinished ? [`Rotation ${unfinished.id} is not finished.`] : []),
      ...unreadable.map(({ part, reason }) => `${part}: ${reason}`),
      ...drift.map(({ text }) => text),
    ],
    advice,
  };
}
