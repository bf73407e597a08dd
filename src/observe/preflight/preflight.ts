import type { PlannedRotation } from '../../plan/rotationPlan';
import { switches } from '../../plan/rotationPlan';
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
}

/**
 * Looks for everything that would stop the rotation half-way: rights in Kubernetes, in the database and on the
 * file. Writes nothing.
 * @returns every problem, each one sentence with what to do
 */
export async function preflight(
  planned: PlannedRotation,
  context: WorldContext,
  { kubernetes, session }: PreflightClients,
): Promise<string[]> {
  const problems = await Promise.all([
    databaseProblems(session),
    switches(planned.plan) ? kubernetesProblems(kubernetes) : [],
    switches(planned.plan) ? fileProblems(planned, context) : [],
  ]);
  return problems.flat();
}
