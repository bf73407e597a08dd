import path from 'node:path';
import { Failure } from '../base/failure';
import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import { folders, passphraseProblem } from '../settings/settings';
import { isValue } from '../settings/values';
import type { FleetFile } from './fleetFile';
import { identityNames, keyOf, sharedNames } from './keys';
import { secretIdentity } from './rivals';
import type { StackLocation } from '../target/location';

/** One deployment of a fleet with all that its rotation needs. No secret is in it. */
export interface Member {
  name: string;
  /** Its place in the fleet file, from 0: the index of a Job. */
  index: number;
  values: GivenValues;
  location: StackLocation;
  kubeconfig?: string;
  awsProfile?: string;
  /** What it shares with others, so that only one of them may run at a time. */
  shared: string[];
}

/**
 * Flags of a fleet, checked: those that name one OpenEMR have no place there.
 * @throws Failure `configuration`
 */
export function checkFleetFlags(flags: GivenValues): void {
  const problems = optionNames.flatMap((name) => {
    const value = flags[name];
    const { flag, type } = definitionOf(name);
    if (value === undefined) return [];
    if (identityNames.includes(name))
      return [`--${flag} names one OpenEMR; put ${keyOf(name)} into the fleet file`];
    return isValue(type, value) ? [] : [`--${flag} is malformed`];
  });
  if (problems.length > 0) throw new Failure('setting-invalid', `Settings: ${problems.join('; ')}.`);
}

/** What flags and environment give to a fleet; a variable that names one OpenEMR is not looked at. */
export function givenToFleet(flags: GivenValues, environment: NodeJS.ProcessEnv): GivenValues {
  const named = sharedNames.flatMap((name): [OptionName, string][] => {
    const value = flags[name] ?? environment[definitionOf(name).variable] ?? '';
    return value === '' ? [] : [[name, value]];
  });
  return Object.fromEntries(named);
}

/** The fleet's own private folder: the flag, the file's defaults, the environment, or the command's default. */
export function fleetHome(fleet: FleetFile, flags: GivenValues, environment: NodeJS.ProcessEnv): string {
  const home = flags.home ?? fleet.defaults.home ?? givenToFleet({}, environment).home;
  return path.resolve(folders((name) => (name === 'home' ? home : undefined), environment).home);
}

/**
 * Every deployment with its settings. Precedence: flag, the deployment's entry, the file's defaults, the environment,
 * the setting's default.
 */
export function membersOf(fleet: FleetFile, flags: GivenValues, environment: NodeJS.ProcessEnv): Member[] {
  const home = fleetHome(fleet, flags, environment);
  const fromEnvironment = givenToFleet({}, environment);
  return fleet.deployments.map((entry, index) => {
    const { name, own, kubeconfig, awsProfile } = entry;
    const values: GivenValues = {
      ...fromEnvironment,
      ...fleet.defaults,
      ...own,
      ...flags,
      stack: name,
      home: own.home ?? path.join(home, 'deployments', name),
    };
    const { backendUrl, home: ownHome } = folders((each) => values[each], environment);
    const secretsProvider = values.secretsProvider ?? definitionOf('secretsProvider').default ?? '';
    return {
      name,
      index,
      values,
      location: { stack: name, home: ownHome, backendUrl, secretsProvider },
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(awsProfile === undefined ? {} : { awsProfile }),
      shared: sharedBy(values, awsProfile),
    };
  });
}

/** Step 11 sets the password of the admin: it has one writer, whichever slot secret it belongs to. */
function sharedBy({ adminSecretId, awsRegion }: GivenValues, awsProfile: string | undefined): string[] {
  const identity = secretIdentity(
    { awsRegion: awsRegion ?? '', awsProfile: awsProfile ?? '' },
    adminSecretId,
  );
  return identity === undefined ? [] : [`admin secret ${identity}`];
}

/** Names that more than one deployment shares, with the deployments' names. */
export function sharedWriters(members: readonly Member[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, shared } of members)
    for (const key of shared) found.set(key, [...(found.get(key) ?? []), name]);
  return new Map([...found].filter(([, names]) => names.length > 1));
}

/** @throws Failure `configuration` when a state needs a passphrase, and the environment has none */
export function requirePassphrase(members: readonly Member[], environment: NodeJS.ProcessEnv): void {
  const found = members.flatMap(
    ({ location }) => passphraseProblem(location.secretsProvider, environment) ?? [],
  );
  if (found[0] !== undefined) throw new Failure('setting-invalid', `Settings: ${found[0]}.`);
}

/**
 * The environment of a rotation of its own: of the fleet's only what is no setting, so that what names one OpenEMR
 * cannot reach another, and on top what the fleet file says of this one.
 */
export function memberEnvironment(member: Member, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = new Set<string>([
    ...optionNames.map((name) => definitionOf(name).variable),
    indexVariable,
  ]);
  const kept = Object.entries(environment).filter(([name]) => !settings.has(name));
  const own = optionNames.flatMap((name): [string, string][] => {
    const value = member.values[name];
    return value === undefined ? [] : [[definitionOf(name).variable, value]];
  });
  const { kubeconfig, awsProfile } = member;
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(own),
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    ...(awsProfile === undefined ? {} : { AWS_PROFILE: awsProfile }),
  };
}

/** Set by the Job controller in each pod of an Indexed Job (kubernetes.io/docs/concepts/workloads/controllers/job). */
export const indexVariable = 'JOB_COMPLETION_INDEX';
