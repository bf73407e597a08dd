import type { PlannedRotation } from '../../plan/rotationPlan';
import { switches } from '../../plan/rotationPlan';
import type { AdminCredentials } from '../../world/adminCredentials';
import type { WorldContext } from '../../world/context';
import type { Session } from '../../world/database';
import type { Kubernetes } from '../../world/kubernetes';
import { databaseProblems } from './database';
import { fileProblems } from './file';
import type { SecretsManager } from '../../world/secretsManager';
import { kubernetesProblems } from './kubernetes';
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

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database, on the
 * file and on the secrets. Writes nothing.
 * @returns every problem, each one sentence with what to do
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
): Promise<string[]> {
  const { kubernetes, secrets } = clients;
  const problems = await Promise.all([
    databaseProblems(planned, context, clients),
    switches(planned.plan) ? kubernetesProblems(kubernetes) : [],
    switches(planned.plan) ? fileProblems(planned, context) : [],
    secretProblems(secrets, secretsWritten(planned, context)),
  ]);
  return problems.flat();
}

/** A sync stores a document only for a password that it mints, and never the admin's. */
function secretsWritten({ plan }: PlannedRotation, { slotSecretId, adminSecretId }: WorldContext): string[] {
  if (switches(plan)) return [slotSecretId, adminSecretId];
  return plan.mint.length > 0 ? [slotSecretId] : [];
}
