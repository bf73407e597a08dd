import type { IdleClients } from '../steps/10-renewal/preflight';
import { idleFindings } from '../steps/10-renewal/preflight';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { RunRequest } from './request';

/** A rotation that is taken up has no preflight, since it has to be finished; how its idle proof looks is said all the same. */
export async function tellOfIdleProof(
  { settings, tell }: Pick<RunRequest, 'settings' | 'tell'>,
  world: IdleClients,
  planned: PlannedRotation,
): Promise<void> {
  const { notices } = await idleFindings(planned, world, settings);
  notices.forEach((text) => tell({ kind: 'notice', text }));
}
