import { Failure } from '../failure';
import { sessionsOf } from '../world/accounts';
import { kubernetesOf } from '../world/clients';
import type { WorldContext } from '../world/context';
import { sleep } from '../world/errors';
import { waitForRollout } from '../world/rolloutWait';
import { proof } from './logic';
import { asAdmin } from './world';

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

/** Inputs of the idle proof, the first part of step 10. */
export interface IdleProofInputs {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  username: string;
  /** How long there must be no session, in seconds. */
  graceSeconds: number;
  /** How long to wait for that, in seconds. */
  limitSeconds: number;
}

const idlePollMs = 250;

/** Step 10: the account that was left has no session on the server for the grace period. */
export const idleProof = proof<IdleProofInputs>(async ({ context, username, graceSeconds, limitSeconds }) => {
  const started = performance.now();
  let idleSince: number | undefined;
  for (;;) {
    const sessions = await asAdmin(context, (session) => sessionsOf(session, username));
    const now = performance.now();
    if (sessions.size > 0) idleSince = undefined;
    else idleSince ??= now;
    if (idleSince !== undefined && now - idleSince >= graceSeconds * 1000) return { username, graceSeconds };
    if (now - started > limitSeconds * 1000) {
      const hosts =
        [...sessions].map(([host, count]) => `${host} (${count})`).join(', ') ||
        'short sessions that come and go';
      throw new Failure(
        'held',
        `${username} is still in use from ${hosts}; its password was not renewed. Close those sessions and run again to finish.`,
      );
    }
    await sleep(idlePollMs);
  }
});
