import { waitForRollout } from '../../kubernetes/rolloutWait';
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
    await waitForRollout(kubernetesOf(context), { annotation, token }, timeoutSeconds);
    return { token };
  },
);
