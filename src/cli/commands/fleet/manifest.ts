import { kubernetesYaml } from '../../../base/kubernetesYaml';
import { fleetObjects } from '../../../../infra/kubernetes/fleetJob';
import { Failure } from '../../../base/failure';
import { readFleetFile } from '../../../fleet/fleetFile';
import { fleetJobSettings } from '../../../fleet/jobSettings';
import { parseAge } from '../../../rotation/age';
import { definitionOf, optionNames } from '../../../settings/options';
import type { FleetFlags, Flags } from '../../invocation';
import { rendererOf } from '../../request';
import { limitsOf } from './open';

/**
 * Prints a fleet's work as an Indexed Job with all that belongs to it. Needs neither secrets nor a cluster.
 * @throws Failure `configuration` that names everything that a pod could not use
 */
export async function fleetManifestCommand(flags: Flags, fleetFlags: FleetFlags): Promise<void> {
  // The pods read the file and nothing else: what a flag says here would be lost there.
  const given = optionNames.find((name) => flags.values[name] !== undefined);
  if (given !== undefined)
    throw new Failure(
      'fleet-file-invalid',
      `--${definitionOf(given).flag} would not reach the pods; put it into the fleet file.`,
    );
  const { fleet: file, text } = await readFleetFile(fleetFlags.file, { given: {} });
  if (file.ifOlderThan !== undefined) parseAge(file.ifOlderThan);
  const { image, schedule } = fleetFlags;
  const limits = limitsOf(fleetFlags, file);
  const settings = fleetJobSettings({ file, text, limits, image, schedule, now: new Date() });
  const documents = fleetObjects(settings).map(kubernetesYaml);
  rendererOf(flags).line(documents.join('---\n').trimEnd());
}
