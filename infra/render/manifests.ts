import { kubernetesYaml } from '../../src/base/kubernetesYaml';
import type { CheckedInputs } from '../inputs/inputs';
import { InputProblems, readInputs } from '../inputs/read';
import type { AwsValues } from '../settingsOf';
import { settingsOf } from '../settingsOf';
import type { ObjectsByFile } from './objects';
import { fileNames, objectsByFile } from './objects';

const header = '# Made by `npm run manifests`; change the inputs and make it again (docs/platform.md).\n';

/**
 * The manifests of the cluster's half as file name → text. The same inputs give the same bytes.
 * @throws InputProblems when the inputs cannot be used, or name things that only Pulumi can make
 */
export function renderManifests(given: unknown): Map<string, string> {
  const objects = objectsOf(readInputs(given));
  return new Map(
    fileNames
      .filter((name) => objects[name].length > 0)
      .map((name) => [name, header + objects[name].map(kubernetesYaml).join('---\n')]),
  );
}

/**
 * The objects of the cluster's half by file, from checked inputs.
 * @throws InputProblems when they name things that only Pulumi can make
 */
export function objectsOf({ kubernetes, existing, sites, ...inputs }: CheckedInputs): ObjectsByFile {
  if (kubernetes === undefined || existing === undefined)
    throw new InputProblems([
      `${kubernetes === undefined ? 'kubernetes' : 'existing'} is missing; manifests are of the half kubernetes, and existing names what is in AWS.`,
    ]);
  const settings = settingsOf({ ...inputs, sites }, kubernetes, existing as AwsValues<string>);
  const { fileSystem, accessPoint } = (sites ?? {}) as { fileSystem?: string; accessPoint?: string };
  const volumeHandle = accessPoint === undefined ? undefined : `${fileSystem}::${accessPoint}`;
  return objectsByFile(settings, volumeHandle);
}
