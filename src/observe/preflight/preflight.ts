import type { Failure } from '../../failure';
import type { PlannedRotation } from '../../plan/rotationPlan';
import { switches } from '../../plan/rotationPlan';
import type { AdminCredentials } from '../../world/adminCredentials';
import type { WorldContext } from '../../world/context';
import type { Session } from '../../world/database';
import type { Kubernetes } from '../../world/kubernetes';
import type { AccountFindings } from './accounts';
import { databaseFindings } from './database';
import { fileNotices, fileProblems } from './file';
import type { SecretsManager } from '../../world/secretsManager';
import type { HealthLook } from '../../world/health/look';
import { healthFindings } from './health';
import type { IdleSettings } from './idle';
import { idleFindings } from './idle';
import { kubernetesFindings } from './kubernetes';
import type { SearchRules } from './otherUsers';
import { findOtherUsers } from './otherUsers';
import { patchTokens } from './patches';
import { secretProblems } from './secrets';

/** What a preflight looks at the world through. */
export interface PreflightClients {
  kubernetes: Kubernetes;
  /** The admin's session. */
  session: Session;
  /** The login of that session. */
  credentials: AdminCredentials;
  secrets: SecretsManager;
}

/** What a preflight knows beside the plan. */
export interface PreflightAround {
  /** What the health page said; undefined where there is none. */
  look: HealthLook | undefined;
  acceptDowntime: boolean;
  idle: IdleSettings;
  /** The database refuses OpenEMR's own login: then the run is the cure. */
  isDown: boolean;
  /** How others that use the same login are looked for. */
  search: SearchRules;
  /** The database refuses the login in the Kubernetes Secret: pods that need it cannot start before the run. */
  podsAreLockedOut: boolean;
  /** Limit of the whole restart, in seconds; undefined when it renews with each pod. */
  limitSeconds?: number | undefined;
}

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database, on the
 * file and on the secrets. Writes nothing.
 * @returns every problem, and what becomes of the accounts in the database
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
  around: PreflightAround,
): Promise<AccountFindings> {
  const { kubernetes, secrets, credentials } = clients;
  const mayBeCure = around.isDown || planned.plan.kind === 'switch-back';
  const health = healthFindings(around.look, mayBeCure);
  const accepted = around.acceptDowntime || mayBeCure;
  const none: Failure[] = [];
  const [database, idle, cluster, odd, others, ...problems] = await Promise.all([
    databaseFindings(planned, context, clients),
    idleFindings(planned, clients, around.idle),
    switches(planned.plan)
      ? kubernetesFindings(kubernetes, {
          tokens: patchTokens(planned.plan),
          acceptDowntime: accepted,
          mayMend: mayBeCure || planned.plan.kind === 'rollback' || around.podsAreLockedOut,
          limitSeconds: around.limitSeconds,
        })
      : { problems: none, notices: [] },
    switches(planned.plan) ? fileNotices(planned, context).catch(() => []) : [],
    findOtherUsers(planned, clients, around.search),
    switches(planned.plan) ? fileProblems(planned, context) : none,
    secretProblems(secrets, secretsWritten(planned, context), healedVersion(credentials)),
  ]);
  return {
    ...database,
    problems: [
      ...database.problems,
      ...idle.problems,
      ...cluster.problems,
      ...problems.flat(),
      ...health.problems,
    ],
    notices: [
      ...database.notices,
      ...idle.notices,
      ...cluster.notices,
      ...odd,
      ...health.notices,
      ...others.named,
      ...(others.unseen === undefined ? [] : [others.unseen]),
    ],
  };
}

/** A sync stores a document only for a password that it mints, and never the admin's. */
function secretsWritten({ plan }: PlannedRotation, { slotSecretId, adminSecretId }: WorldContext): string[] {
  if (switches(plan)) return [slotSecretId, adminSecretId];
  return plan.mint.length > 0 ? [slotSecretId] : [];
}

/** A pending admin password that works where the current one does not is made current by the rotation. */
function healedVersion({ stage, version }: PreflightClients['credentials']): string | undefined {
  return stage === 'AWSCURRENT' || stage === 'AWSPREVIOUS' ? undefined : version.versionId;
}
