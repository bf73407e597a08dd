import path from 'node:path';
import { Failure } from '../../../base/failure';
import type { FleetFile } from '../../../fleet/fleetFile';
import { readFleetFile } from '../../../fleet/fleetFile';
import type { Member } from '../../../fleet/member';
import {
  checkFleetFlags,
  fleetHome,
  givenToFleet,
  membersOf,
  requirePassphrase,
} from '../../../fleet/member';
import type { Limits } from '../../../fleet/schedule';
import { usualConcurrency } from '../../../fleet/schedule';
import { parseAge, isoMoment } from '../../../rotation/age';
import { optionNames } from '../../../settings/options';
import { strayVariables } from '../../../settings/strays';
import type { FleetFlags, Flags } from '../../invocation';
import { keepSecrets } from '../../request';

/** A fleet that a command works on. */
export interface OpenFleet {
  file: FleetFile;
  home: string;
  /** Those of the file, or those that were named. */
  members: Member[];
  limits: Limits;
  ifOlderThan: string | undefined;
}

/**
 * Reads the fleet file and the flags.
 * @throws Failure `configuration` that names every fault of the file at once
 */
export async function openFleet(flags: Flags, fleetFlags: FleetFlags): Promise<OpenFleet> {
  keepSecrets();
  checkFleetFlags(flags.values);
  checkVariables(process.env);
  const given = givenToFleet(flags.values, process.env);
  const { fleet: file } = await readFleetFile(fleetFlags.file, { given });
  const limits = limitsOf(fleetFlags, file);
  const ifOlderThan = flags.ifOlderThan ?? file.ifOlderThan;
  if (ifOlderThan !== undefined) parseAge(ifOlderThan);
  const members = chosen(membersOf(file, flags.values, process.env), fleetFlags.only);
  requirePassphrase(members, process.env);
  return { file, home: fleetHome(file, flags.values, process.env), members, limits, ifOlderThan };
}

/** A variable reaches every deployment: one refusal in the place of one for each. @throws Failure `configuration` */
export function checkVariables(environment: NodeJS.ProcessEnv): void {
  const strays = strayVariables(environment, optionNames);
  if (strays.length > 0) throw new Failure('setting-invalid', `Settings: ${strays.join('; ')}.`);
}

/** How the fleet goes on: by the flags, else by the file. @throws Failure `configuration` */
export function limitsOf({ concurrency, stagger, onFailure }: FleetFlags, file: FleetFile): Limits {
  if (concurrency !== undefined && !/^([1-9]\d?|100)$/.test(concurrency))
    throw new Failure('command-line-invalid', '--concurrency takes a whole number from 1 to 100.');
  if (stagger !== undefined && !(/^\d+(\.\d+)?$/.test(stagger) && Number(stagger) <= 86_400))
    throw new Failure('command-line-invalid', '--stagger takes a number of seconds up to 86400.');
  const failure = onFailure ?? file.onFailure ?? 'stop';
  if (failure !== 'stop' && failure !== 'continue')
    throw new Failure('command-line-invalid', '--on-failure takes stop or continue.');
  return {
    concurrency: Number(concurrency ?? file.concurrency ?? usualConcurrency),
    staggerMs: Number(stagger ?? file.staggerSeconds ?? 0) * 1000,
    onFailure: failure,
  };
}

function chosen(members: Member[], only: string[]): Member[] {
  const unknown = only.filter((name) => !members.some((member) => member.name === name));
  if (unknown.length > 0)
    throw new Failure(
      'fleet-file-invalid',
      `--only: the fleet file has no deployment ${unknown.join(', ')}; it has ${members.map(({ name }) => name).join(', ')}.`,
    );
  return only.length === 0 ? members : members.filter(({ name }) => only.includes(name));
}

/** This command's own file with words behind it, for a process of its own. */
export function ownCommand(words: string[]): string[] {
  return [...process.execArgv, path.resolve(process.argv[1] ?? ''), ...words];
}

/** The moment of `--since`. @throws Failure `configuration` */
export function sinceOf(text: string | undefined): { since?: Date } {
  if (text === undefined) return {};
  const since = isoMoment(text);
  if (since === undefined)
    throw new Failure('command-line-invalid', '--since takes a time such as 2026-01-31T03:00:00Z.');
  return { since };
}
