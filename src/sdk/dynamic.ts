/* What a dynamic resource is to the engine and to Pulumi's own program for them. Loads nothing of the SDK. */

/** The package of dynamic resources, as the engine calls it. */
export const dynamicPackage = 'pulumi-nodejs';

/** Names the port of a provider that runs already, so that the engine starts none. */
export const attachVariable = 'PULUMI_DEBUG_PROVIDERS';

/** Input with the text of a dynamic provider, which Pulumi's own program evaluates. */
export const providerKey = '__provider';

/** The type of a dynamic resource, as it stands in URNs. */
export function dynamicType(type: string): string {
  return `${dynamicPackage}:dynamic/credential-rotation:${type}`;
}
