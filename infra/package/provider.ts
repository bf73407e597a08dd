import type { ComponentResourceOptions, Inputs } from '@pulumi/pulumi';
import type { ConstructResult, Provider } from '@pulumi/pulumi/provider';
import { CredentialRotation } from '../component/credentialRotation';
import type { RotationInputs } from '../inputs/inputs';
import { componentType, outputNames } from './schema';

/**
 * The component as a Pulumi provider, for programs in any language. Pulumi's own host of components is not used: it
 * reads TypeScript to learn the inputs, and the package that is shipped has none; our inputs have a schema already.
 */
export class ComponentProvider implements Provider {
  constructor(
    readonly version: string,
    readonly schema: string,
  ) {}

  /** @throws Error for a type that is not in the package; RunError, with a sentence for each, for wrong inputs */
  construct(
    name: string,
    type: string,
    inputs: Inputs,
    options: ComponentResourceOptions,
  ): Promise<ConstructResult> {
    if (type !== componentType)
      throw new Error(`${type} is not in this package; it has ${componentType} alone.`);
    // The component checks all of it.
    const made = new CredentialRotation(name, inputs as RotationInputs, options);
    const state = Object.fromEntries(outputNames.map((output) => [output, made[output]]));
    return Promise.resolve({ urn: made.urn, state });
  }
}
