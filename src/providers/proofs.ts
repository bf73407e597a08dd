import { Failure } from '../failure';
import { changedKeys } from '../plan/observation';
import type { DatabaseLogin } from '../plan/slot';
import { sessionsOf } from '../world/accounts';
import { kubernetesOf } from '../world/clients';
import type { WorldContext } from '../world/context';
import { openSession } from '../world/database';
import { sleep } from '../world/errors';
import { proveHealth } from '../world/health';
import { waitForRollout } from '../world/rolloutWait';
import { openSqlconf } from '../world/sqlconf';
import { proof } from './logic';
import { asAdmin, proveSession } from './world';

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

/** Inputs of step 8. */
export interface HealthProofInputs extends DatabaseLogin {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  /** What the Kubernetes Secret's database keys must say. */
  kubernetesSecret: Record<string, string>;
  healthUrl?: string;
  answersInARow: number;
  limitSeconds: number;
}

/** Step 8: what file and Secret say now is the expected login, it logs in, and the application says that it is healthy. */
export const healthProof = proof<HealthProofInputs>(async (inputs) => {
  const { context, username, host, healthUrl, answersInARow, limitSeconds } = inputs;
  const [file, data] = await Promise.all([openSqlconf(context), kubernetesOf(context).secretData()]);
  if (file.login.username !== username || file.login.password !== inputs.password) {
    throw new Failure(
      'before-switch',
      `${file.path} no longer names ${username}: somebody else changed it during the rotation. Find out who writes that file, end that, and run again.`,
    );
  }
  const changed = changedKeys(inputs.kubernetesSecret, data);
  if (changed.length > 0) {
    throw new Failure(
      'before-switch',
      `Secret ${context.kubernetes.namespace}/${context.kubernetes.secret} no longer says what this rotation wrote (${changed.join(', ')}): another controller changed it back. Take its keys out of that controller's hands and run again.`,
    );
  }
  const session = await openSession(file.login, context.trust, file.login.dbname);
  try {
    await proveSession(session, file.login);
  } finally {
    await session.close();
  }
  if (healthUrl !== undefined)
    await proveHealth({ url: healthUrl, answersInARow, limitMs: limitSeconds * 1000 });
  return { username, host, answersInARow: healthUrl === undefined ? 0 : answersInARow };
});

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
