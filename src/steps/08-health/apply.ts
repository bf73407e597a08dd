import { Failure } from '../../base/failure';
import type { HealthBefore } from '../../rotation/health';
import { pageOf } from '../../rotation/health';
import { changedKeys } from '../../rotation/observation';
import type { PlanKind } from '../../rotation/kinds';
import { goesBack } from '../../rotation/kinds';
import type { Measured } from '../../rotation/proofs';
import type { DatabaseLogin } from '../../rotation/slot';
import { kubernetesOf } from '../../target/clients';
import type { WorldContext } from '../../target/context';
import { databaseIsAway, openSession } from '../../mysql/database';
import type { Weighed } from '../../openemr/health/judge';
import { proveHealth } from '../../openemr/health/prove';
import { tellNotice } from '../../base/notices';
import { openSqlconf } from '../../openemr/openSqlconf';
import { proof } from '../logic';
import { proveSession } from '../adminSession';

/** Inputs of step 8. */
export interface HealthProofInputs extends DatabaseLogin {
  context: WorldContext;
  /** Names the run that it is for. */
  run: string;
  /** What the Kubernetes Secret's database keys must say. */
  kubernetesSecret: Record<string, string>;
  /** What kind of plan it is for; absent in states of older versions. */
  kind?: PlanKind;
  healthUrl?: string;
  healthCaFile?: string;
  /** How the page was before the switch. */
  before?: HealthBefore;
  answersInARow: number;
  limitSeconds: number;
}

/** Step 8: what file and Secret say now is the expected login, it logs in, and the application says that it is healthy. */
export const healthProof = proof<HealthProofInputs>(async (inputs) => {
  const { context, username, host, healthUrl, answersInARow } = inputs;
  const [file, data] = await Promise.all([openSqlconf(context), kubernetesOf(context).secretData()]);
  if (file.login.username !== username || file.login.password !== inputs.password) {
    throw new Failure(
      'sqlconf-changed-meanwhile',
      `${file.path} no longer names ${username}: somebody else changed it during the rotation. Find out who writes that file, end that, and run again.`,
    );
  }
  const changed = changedKeys(inputs.kubernetesSecret, data);
  if (changed.length > 0) {
    throw new Failure(
      'kubernetes-secret-changed-meanwhile',
      `Secret ${context.kubernetes.namespace}/${context.kubernetes.secret} no longer says what this rotation wrote (${changed.join(', ')}): another controller changed it back. Take its keys out of that controller's hands and run again.`,
    );
  }
  const session = await openSession(file.login, context.trust, file.login.dbname);
  try {
    await proveSession(session, file.login);
  } finally {
    await session.close();
  }
  const counts = { judged: 0, good: 0, asBefore: 0 };
  if (healthUrl === undefined) {
    const measured: Measured<'health'> = { username, ...counts, wanted: 0 };
    return { username, host, answersInARow: 0, measured };
  }
  const judged = ({ kind }: Weighed): void => {
    counts.judged += 1;
    if (kind === 'good') counts.good += 1;
    if (kind === 'as-before') counts.asBefore += 1;
  };
  const warning = await provePage(inputs, healthUrl, file.login, judged);
  if (warning !== undefined) tellNotice(warning);
  const measured: Measured<'health'> = {
    username,
    page: pageOf(healthUrl),
    ...counts,
    wanted: answersInARow,
  };
  return { username, host, answersInARow, measured, ...(warning === undefined ? {} : { warning }) };
});

async function provePage(
  { context, kind, healthCaFile, before, answersInARow, limitSeconds }: HealthProofInputs,
  url: string,
  login: DatabaseLogin,
  judged: (found: Weighed) => void,
): Promise<string | undefined> {
  const { spec } = await kubernetesOf(context).deployment();
  return proveHealth({
    url,
    answersInARow,
    judged,
    limitMs: limitSeconds * 1000,
    kind: kind !== undefined && goesBack(kind) ? kind : 'rotation',
    replicas: spec?.replicas ?? 1,
    databaseIsAway: () => databaseIsAway(login, context.trust),
    ...(healthCaFile === undefined ? {} : { caFile: healthCaFile }),
    ...(before === undefined ? {} : { before }),
  });
}
