import { mkdirSync } from 'node:fs';
import { Failure } from '../../../base/failure';
import { dueSince } from '../../../fleet/fleetRun';
import { memberEnvironment } from '../../../fleet/member';
import { parseAge } from '../../../rotation/age';
import { becomeEnvironment } from '../../../settings/becomeEnvironment';
import { errorCode } from '../../../base/errors';
import type { FleetFlags, Flags } from '../../invocation';
import { rotateCommand } from '../rotate';
import { openFleet, sinceOf } from './open';

/**
 * Rotates the one deployment at a place of the fleet file, in this process: what the pods of an Indexed Job do. Who
 * shares out the work, and tries again, is the Job controller. Returns the exit code of that rotation.
 */
export async function fleetIndexCommand(flags: Flags, fleetFlags: FleetFlags, text: string): Promise<number> {
  const { members, ifOlderThan } = await openFleet(flags, fleetFlags);
  const member = /^\d{1,6}$/.test(text) ? members[Number(text)] : undefined;
  if (member === undefined)
    throw new Failure(
      'fleet-file-invalid',
      `--index ${text}: the fleet file has deployments 0 to ${members.length - 1}; nothing was changed.`,
    );
  becomeEnvironment(memberEnvironment(member, process.env));
  try {
    mkdirSync(member.location.home, { recursive: true, mode: 0o700 });
    // So that no stack file of this folder adds a setting.
    process.chdir(member.location.home);
  } catch (error) {
    throw new Failure(
      'file-unwritable',
      `The home ${member.location.home} of ${member.name} cannot be used (${errorCode(error)}); name a writable folder with --home.`,
      { cause: error },
    );
  }
  const { since } = sinceOf(fleetFlags.since);
  const ageMs = ifOlderThan === undefined ? 0 : parseAge(ifOlderThan);
  const recent = since === undefined ? ifOlderThan : dueSince(ifOlderThan, ageMs, since, new Date());
  return rotateCommand({ ...flags, values: {}, ifOlderThan: recent });
}
