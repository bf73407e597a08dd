import { exitCodes } from '../../../base/failure';
import type { ProcessEnd } from '../../../fleet/childLog';
import { memberResult, readLogLine } from '../../../fleet/childLog';
import type { Member } from '../../../fleet/member';
import { fleetOutcome } from '../../../fleet/outcome';
import type { PlannedMember } from '../../../report/fleetText';
import { fleetPlanLines } from '../../../report/fleetText';
import type { FleetFlags, Flags } from '../../invocation';
import { rendererOf } from '../../request';
import { openFleet } from './open';
import { readAll } from './read';

/** Previews the rotation of every deployment of a fleet; changes nothing. Returns the exit code: that of the most urgent one. */
export async function fleetPlanCommand(flags: Flags, fleetFlags: FleetFlags): Promise<number> {
  const fleet = await openFleet(flags, fleetFlags);
  const age = fleet.ifOlderThan === undefined ? [] : ['--if-older-than', fleet.ifOlderThan];
  const { results, signalled } = await readAll(fleet, {
    words: ['rotate', '--dry-run', '--log-json', ...age],
    resultOf: plannedMember,
    missed: (name) => ({ ...nothing, name, outcome: 'not-started', problems: ['Not looked at.'] }),
  });
  const outcome = fleetOutcome(
    results.map((each) => each.outcome),
    signalled,
  );
  const renderer = rendererOf(flags);
  const exitCode = exitCodes[outcome];
  if (flags.json)
    renderer.object('fleet-plan', { outcome, exitCode, fleet: fleet.file.name, deployments: results });
  else fleetPlanLines(results).forEach((line) => renderer.line(line));
  return exitCode;
}

const nothing = { exitCode: null, kind: null, from: null, to: null, resumed: false, due: null };

/** What a dry run said. */
export function plannedMember(
  { name }: Pick<Member, 'name'>,
  texts: string[],
  end: ProcessEnd,
): PlannedMember {
  const lines = texts.map(readLogLine).filter((line) => line !== undefined);
  const preview = lines.find((line) => line.type === 'preview');
  const { outcome, message, exitCode } = memberResult(name, lines, end);
  if (!preview) return { ...nothing, name, outcome, exitCode, problems: [message] };
  const { kind, from, to, resumed, problems, notDue } = preview;
  return { name, outcome, exitCode, kind, from, to, resumed, due: notDue === null, problems };
}
