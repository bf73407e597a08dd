import { z } from 'zod';
import { readStored } from '../base/stored';
import { Failure } from '../base/failure';

const values = z.nullish(z.record(z.string(), z.unknown()));

/** A resource in the state, as far as we look into it. */
const resourceSchema = z.object({
  type: z.string(),
  urn: z.exactOptional(z.string()),
  /** ISO time of the last write; the engine keeps it for each resource. */
  modified: z.exactOptional(z.string()),
  inputs: values,
  outputs: values,
});

/** The engine's export of a stack: apitype.DeploymentV3, as far as we look into it. */
const deploymentSchema = z.object({
  resources: z.nullish(z.array(resourceSchema)),
  manifest: z.nullish(z.object({ time: z.exactOptional(z.string()) })),
  /** How its secrets are encrypted (apitype.SecretsProvidersV1). */
  secrets_providers: z.nullish(
    z.object({
      /** `passphrase`, or `cloud` for a key. */
      type: z.exactOptional(z.string()),
      state: z.nullish(
        z.object({
          url: z.exactOptional(z.string()),
          encryptedkey: z.exactOptional(z.string()),
          salt: z.exactOptional(z.string()),
        }),
      ),
    }),
  ),
});

/** What `pulumi stack export` prints. */
export const exportSchema = z.object({ deployment: z.unknown() });

/** A resource in the state. */
export type StateResource = z.infer<typeof resourceSchema>;

/** An exported state, read. */
export type ExportedState = z.infer<typeof deploymentSchema>;

/**
 * Reads an exported state; what is not there is empty.
 * @throws Failure `configuration` when it is of a form that this version does not know
 */
export function stateIn(deployment: unknown): ExportedState {
  const read = readStored(deploymentSchema, deployment ?? {});
  if (read.ok) return read.value;
  throw unreadableState(`it is of another form: ${read.problem}`);
}

/** The resources of an exported state. @throws as {@link stateIn} */
export function resourcesIn(deployment: unknown): readonly StateResource[] {
  return stateIn(deployment).resources ?? [];
}

/** What is said of a state that this version cannot read; `why` holds nothing of it. */
export function unreadableState(why: string): Failure {
  return new Failure(
    'state-damaged',
    `The state of the stack cannot be read (${why}); run the version of this tool that wrote it, or bring back an older copy of the state.`,
  );
}

/** How an exported state says that its secrets are encrypted. */
export type StateSecretsProvider = NonNullable<ExportedState['secrets_providers']>;

/** The secrets provider that an exported state names; undefined where it has no secrets yet. */
export function secretsProviderIn(deployment: unknown): StateSecretsProvider | undefined {
  return stateIn(deployment).secrets_providers ?? undefined;
}
