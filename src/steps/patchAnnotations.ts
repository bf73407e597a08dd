import { fieldManager } from '../kubernetes/rollout';

/** Field manager of our patches; fixed, so that a lost state does not make a second one. */
export const patchAnnotations = {
  'pulumi.com/patchForce': 'true',
  'pulumi.com/patchFieldManager': fieldManager,
};
