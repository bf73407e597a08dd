import type { OptionName } from '../settings/options';
import { definitionOf, optionNames } from '../settings/options';

/**
 * Settings that say which OpenEMR it is. In a fleet they come from the fleet file alone: a variable that is left over
 * from the rotation of one OpenEMR would point every other one at it.
 */
export const identityNames: readonly OptionName[] = [
  'slotSecretId',
  'adminSecretId',
  'sitesRoot',
  'site',
  'namespace',
  'deployment',
  'kubernetesSecret',
  'healthUrl',
  'stack',
  'metricsFile',
];

/** Settings that a flag or the environment may give to all deployments of a fleet. */
export const sharedNames: readonly OptionName[] = optionNames.filter((name) => !identityNames.includes(name));

/** The key of a setting in a fleet file: the one of the stack file. */
export function keyOf(name: OptionName): string {
  return definitionOf(name).stackKey;
}
