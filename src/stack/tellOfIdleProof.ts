import type { IdleClients } from '../observe/preflight/idle';
import { idleFindings } from '../observe/preflight/idle';
import type { PlannedRotation } from '../plan/rotationPlan';
import type { RunRequest } from './run';

/** A rotation that is taken up has no preflight, since it has to be finished; how its idle proof looks is said all the same. */
export async function tellOfIdleProof(
  { settings, tell }: Pick<RunRequest, 'settings' | 'tell'>,
  world: IdleClients,
  planned: PlannedRotation,
): Promise<void> {
  const { notices } = await idleFindings(planned, world, settings);
  notices.forEach((text) => tell({ kind: 'notice', text }));
}
