import * as pulumi from '@pulumi/pulumi';
import type { ResourceType } from './registry';
import { dynamicType, providerKey } from '../sdk/dynamic';

/** Where the provider process finds the compiled package; set by the command. The raw CLI is found by walking up. */
export const modulesVariable = 'CREDENTIAL_ROTATION_MODULES';

/**
 * The text that Pulumi evaluates in its dynamic provider process: it only loads the compiled package. It is an
 * input of each resource and stands in the state, so it is written by hand, short and without a path: the
 * closure serializer would make the same, later and longer.
 */
function providerText(type: ResourceType): string {
  return `const fs = require('fs'), path = require('path');
const folder = () => {
  if (process.env.${modulesVariable}) return process.env.${modulesVariable};
  for (let at = process.cwd(); ; at = path.dirname(at)) {
    const found = path.join(at, 'dist', 'src');
    if (fs.existsSync(path.join(found, 'providers', 'registry.js'))) return found;
    if (at === path.dirname(at)) throw new Error('set ${modulesVariable} to the dist/src folder of openemr-credential-rotation');
  }
};
const provider = () => require(path.join(folder(), 'providers', 'registry.js')).dynamicProvider('${type}');
exports.handler = () => ({
  diff: (...all) => provider().diff(...all),
  create: (...all) => provider().create(...all),
  update: (...all) => provider().update(...all),
});
`;
}

/** A resource whose logic is one entry of the provider registry. */
export class DynamicResource extends pulumi.CustomResource {
  /**
   * @param secrets names of inputs whose outputs the engine must keep as ciphertext
   */
  constructor(
    type: ResourceType,
    name: string,
    inputs: Record<string, unknown>,
    options: pulumi.CustomResourceOptions,
    secrets: string[] = [],
  ) {
    super(
      dynamicType(type),
      name,
      { ...inputs, [providerKey]: providerText(type) },
      { ...options, additionalSecretOutputs: secrets },
    );
  }
}
