import { nearest } from '../base/nearest';
import { environmentOnly } from './environmentOnly';
import type { OptionName } from './options';
import { definitionOf, optionNames } from './options';

const ownPrefix = 'CREDENTIAL_ROTATION_';
/** Shorter names are near too many others. */
const fewestLetters = 15;
const mostChanges = 2;

/**
 * Variables of the environment that were probably meant as a setting: nothing reads them, and the setting would silently
 * have another value. Values are not told. Others of the prefix pass: a Kubernetes Service named credential-rotation
 * makes some.
 * @param names settings that matter here
 */
export function strayVariables(environment: NodeJS.ProcessEnv, names: readonly OptionName[]): string[] {
  const variables = optionNames.map((name) => definitionOf(name).variable);
  const known = [...variables, ...Object.keys(environmentOnly)].filter((each) => each.startsWith(ownPrefix));
  const suffixes = known.map((each) => each.slice(ownPrefix.length));
  return Object.keys(environment).flatMap((variable) => {
    if (!variable.startsWith(ownPrefix) || known.includes(variable) || environment[variable] === '')
      return [];
    const suffix = variable.slice(ownPrefix.length);
    const meant = nearest(suffix, suffixes);
    // One word that only begins a name is a name of its own.
    if (meant === undefined || (meant.startsWith(suffix) && !suffix.includes('_'))) return [];
    const isSetting = variables.includes(ownPrefix + meant);
    if (isSetting && !names.some((name) => definitionOf(name).variable === ownPrefix + meant)) return [];
    return [`${variable} is not a variable of this command (did you mean ${ownPrefix}${meant}?)`];
  });
}

/**
 * Variables with other prefixes that are a letter or two away from that of a setting which nothing gives. Others may use
 * such names: where the setting has a value, they pass.
 * @param missing settings that neither a flag, nor the environment, nor the stack file gives
 */
export function nearVariables(environment: NodeJS.ProcessEnv, missing: readonly OptionName[]): string[] {
  const wanted = missing
    .map((name) => definitionOf(name).variable)
    .filter((variable) => !variable.startsWith(ownPrefix) && variable.length >= fewestLetters);
  const known = [...optionNames.map((name) => definitionOf(name).variable), ...Object.keys(environmentOnly)];
  return Object.keys(environment).flatMap((variable) => {
    if (environment[variable] === '' || known.includes(variable)) return [];
    const near = wanted.filter((each) => each.length - variable.length <= mostChanges);
    const meant = nearest(variable, near, mostChanges);
    return meant === undefined
      ? []
      : [`${variable} is not a variable of this command (did you mean ${meant}?)`];
  });
}

/**
 * Keys of a stack file that were meant as a setting and are none. Values are not told, and keys of other namespaces pass.
 * @param keys those below `config:`
 * @param project the namespace of the settings
 * @param names settings that matter here
 */
export function strayKeys(
  keys: readonly string[],
  { file, project, names }: { file: string; project: string; names: readonly OptionName[] },
): string[] {
  const known = optionNames.map((name) => definitionOf(name).stackKey);
  const wanted = names.map((name) => definitionOf(name).stackKey);
  return keys.flatMap((key) => {
    const [, namespace, name = ''] = /^(?:([^:]*):)?(.*)$/s.exec(key) ?? [];
    if (namespace === project && known.includes(name)) return [];
    const meant = nearest(name, known);
    if (meant !== undefined && !wanted.includes(meant)) return [];
    const isOurs =
      namespace === project ||
      (namespace === undefined ? known.includes(name) : isMistyped(namespace, project));
    if (!isOurs || (meant === undefined && names.length < optionNames.length)) return [];
    const offer = meant === undefined ? '' : ` (did you mean ${project}:${meant}?)`;
    return [`${file} has ${shown(key)}, which is not a setting${offer}`];
  });
}

/** Whether a namespace is the project's with a letter or two wrong; one that begins alike is another project's. */
function isMistyped(namespace: string, project: string): boolean {
  const most = 2;
  return (
    Math.abs(namespace.length - project.length) <= most && nearest(namespace, [project], most) !== undefined
  );
}

/** A key may be anything that somebody pasted. */
function shown(key: string): string {
  return /^[A-Za-z0-9:_.-]{1,80}$/.test(key) ? key : 'a key';
}
