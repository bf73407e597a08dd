import { z } from 'zod';
import { group, onOff } from '../inputs/fields';
import { rotationInputs } from '../inputs/inputs';

const { name, namespace, region, stack, existing, sites, kubernetes } = rotationInputs.shape;

const create = group(
  {
    networkPolicy: onOff('false: no NetworkPolicy is made').default(true),
    once: onOff(
      'true: also the suspended Job for a rotation at once. A Job cannot be changed: set it to false in an upgrade that changes other values',
    ).default(false),
  },
  'which objects are made',
).prefault({});

/**
 * The values of the chart: the inputs of the plain manifests, so that one file serves both, and what only the chart has.
 */
export const chartInputs = z.strictObject({
  name,
  namespace,
  region,
  stack,
  existing: existing.unwrap(),
  // What only Pulumi makes is left out.
  sites: sites
    .unwrap()
    .omit({ path: true, owner: true })
    .describe(sites.description ?? ''),
  kubernetes: kubernetes.unwrap(),
  create,
});
