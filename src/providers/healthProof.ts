import { Failure } from '../failure';
import { changedKeys } from '../plan/observation';
import type { DatabaseLogin } from '../plan/slot';
import { kubernetesOf } from '../world/clients';
import type { WorldContext } from '../world/context';
import { openSession } from '../world/database';
import { proveHealth } from '../world/health';
import { openSqlconf } from '../world/sqlconf';
import { proof } from './logic';
import { proveSession } from './world';

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
