import type { z } from 'zod';
import { nearest } from '../base/nearest';
import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';
import type { GivenValues } from '../settings/settings';
import { fleetSchema, jobSchema } from './fileSchema';
import { keyOf } from './keys';
import { rivalsOf } from './rivals';
import type { RoughEntry, Fault } from './rivals';

/**
 * Everything that is wrong with a fleet file: what the schema refuses, settings that are missing, and deployments that
 * name the same thing.
 * @param given settings that come from elsewhere, and so need not stand in the file
 */
export function fleetFaults(raw: unknown, given: GivenValues): Fault[] {
  const { error } = fleetSchema.safeParse(raw);
  const entries = roughEntries(raw, given);
  return [...(error?.issues ?? []).flatMap(faultsOfIssue), ...missing(entries), ...rivalsOf(entries)];
}

function faultsOfIssue({ path, ...issue }: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], text: unknownText(path, key) }));
  return [{ path, text: issue.message }];
}

function unknownText(path: readonly PropertyKey[], key: string): string {
  if (key === 'stack') return 'is not known here: the name of a deployment is its stack';
  if (key === 'metricsFile' && path.length === 1)
    return 'cannot be shared: give each deployment a file of its own';
  const meant = nearest(key, knownAt(path));
  if (meant !== undefined) return `is not known (did you mean ${meant}?)`;
  if (/pass|secret$|token/i.test(key)) return 'is not known; no secret belongs in a fleet file';
  return 'is not known';
}

/** What may stand at a place; within the lists of the job, nothing is offered. */
function knownAt(path: readonly PropertyKey[]): string[] {
  const [place] = path;
  if (place === undefined) return Object.keys(fleetSchema.shape);
  if (place === 'job') return path.length === 1 ? Object.keys(jobSchema.shape) : [];
  const ofOne = place === 'deployments' ? ['name', 'kubeconfig', 'awsProfile'] : [];
  return [...ofOne, ...optionNames.map(keyOf)];
}

function missing(entries: readonly RoughEntry[]): Fault[] {
  const required = optionNames.filter((name) => definitionOf(name).required === true);
  return entries.flatMap(({ index, values }) =>
    required
      .filter((name) => values[keyOf(name)] === undefined)
      .map((name) => ({ path: ['deployments', index, keyOf(name)], text: missingText(name) })),
  );
}

function missingText(name: OptionName): string {
  return `is missing: ${definitionOf(name).describe}`;
}

function roughEntries(raw: unknown, given: GivenValues): RoughEntry[] {
  const { deployments, defaults } = recordOf(raw);
  if (!Array.isArray(deployments)) return [];
  const others = Object.fromEntries(
    optionNames.flatMap((name) => (given[name] === undefined ? [] : [[keyOf(name), given[name]]])),
  );
  // No deployment has the fleet's home: each has a folder of its own below it. A shared metrics file is refused above.
  const common = Object.entries({ ...others, ...texts(defaults) }).filter(
    ([key]) => key !== 'home' && key !== 'metricsFile',
  );
  return deployments.map((entry: unknown, index) => ({
    index,
    values: { ...Object.fromEntries(common), ...texts(entry) },
  }));
}

function texts(value: unknown): Record<string, string> {
  const named = Object.entries(recordOf(value));
  return Object.fromEntries(named.filter((each): each is [string, string] => typeof each[1] === 'string'));
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
