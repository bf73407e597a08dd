import type { PlannedRotation } from '../../plan/rotationPlan';
import { switches } from '../../plan/rotationPlan';
import type { AdminCredentials } from '../../world/adminCredentials';
import type { WorldContext } from '../../world/context';
import type { Session } from '../../world/database';
import type { Kubernetes } from '../../world/kubernetes';
import { databaseProblems } from './database';
import { fileProblems } from './file';
import { kubernetesProblems } from './kubernetes';

/** What a preflight looks at the world through. */
export interface PreflightClients {
  kubernetes: Kubernetes;
  /** The admin's session. */
  session: Session;
  /** The login of that session. */
  credentials: AdminCredentials;
}

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database and on the
 * file. Writes nothing.
 * @returns every problem, each one sentence with what to do
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  clients: PreflightClients,
): Promise<string[]> {
  const { kubernetes } = clients;
  const problems = await Promise.all([
    databaseProblems(planned, context, clients),
    switches(planned.plan) ? kubernetesProblems(kubernetes) : [],
    switches(planned.plan) ? fileProblems(planned, context) : [],
  ]);
  return problems.flat();
}
