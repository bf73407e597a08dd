import { idleFindings } from '../observe/preflight/idle';
import type { PlannedRotation } from '../plan/rotationPlan';
import type { Session } from '../world/database';
import type { RunRequest } from './run';

/** A rotation that is taken up has no preflight, since it has to be finished; how its idle proof looks is said all the same. */
export async function tellOfIdleProof(
  { settings, tell }: Pick<RunRequest, 'settings' | 'tell'>,
  session: Session,
  planned: PlannedRotation,
): Promise<void> {
  const { notices } = await idleFindings(planned, session, settings);
  notices.forEach((text) => tell({ kind: 'notice', text }));
}
