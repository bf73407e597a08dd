import type { V1Deployment } from '@kubernetes/client-node';
import { waitForRollout } from '../../kubernetes/rolloutWait';
import type { Measured } from '../../rotation/proofs';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { proof } from '../logic';

/** Inputs of the rollout proof, the second half of step 7. */
export interface RolloutProofInputs {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  annotation: string;
  token: string;
  timeoutSeconds?: number;
}

/** Step 7: the restart is complete by the Deployment's own newest generation. */
export const rolloutProof = proof<RolloutProofInputs>(
  async ({ context, annotation, token, timeoutSeconds }) => {
    const begun = performance.now();
    const complete = await waitForRollout(kubernetesOf(context), { annotation, token }, timeoutSeconds);
    return { token, measured: countsOf(complete, performance.now() - begun) };
  },
);

/** The Deployment's own counts. */
function countsOf({ metadata, spec, status }: V1Deployment, waitedMs: number): Measured<'rollout'> {
  return {
    wanted: spec?.replicas ?? 1,
    updated: status?.updatedReplicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    generation: metadata?.generation ?? 0,
    waitedMs: Math.round(waitedMs),
  };
}
