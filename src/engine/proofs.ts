import { readStored } from '../base/stored';
import type { ProofName, Proofs } from '../rotation/proofs';
import { measuredSchemas, proofOfType, proofsSchema } from '../rotation/proofs';
import type { StateResource } from './stateForm';

/** A resource as state and engine events show it. */
export type Proving = Pick<StateResource, 'type' | 'urn' | 'outputs' | 'modified'>;

/**
 * What the proofs of a rotation measured, by what their resources say; undefined where none says anything, as those of
 * older versions. Only what the schema names is taken over: an output of a resource may be a secret.
 * @param id the rotation; the proofs of another one, which an update has not taken out of the state yet, do not count
 */
export function proofsIn(resources: readonly Proving[], id: string): Proofs | undefined {
  const proofs: Partial<Record<ProofName, object>> = {};
  for (const { type, urn, outputs, modified } of resources) {
    const name = proofOfType[type.slice(type.lastIndexOf(':') + 1)];
    if (name === undefined || urn?.endsWith(`-${id}`) !== true || modified === undefined) continue;
    const measured = measuredSchemas[name].safeParse(outputs?.['measured']);
    if (measured.success) proofs[name] = { ...measured.data, at: new Date(modified).toISOString() };
  }
  const read = readStored(proofsSchema, proofs);
  return read.ok && Object.keys(proofs).length > 0 ? read.value : undefined;
}
