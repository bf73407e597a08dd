import { exitCodes } from '../../base/failure';
import type { FleetFlags, Flags } from '../invocation';

/** Plans, runs or watches the rotations of many OpenEMRs. Returns the exit code; throws a Failure when nothing was changed. */
export async function fleetCommand(flags: Flags, fleet: FleetFlags): Promise<number> {
  switch (fleet.action) {
    case 'plan':
      return (await import('./fleet/plan.js')).fleetPlanCommand(flags, fleet);
    case 'run':
      return (await import('./fleet/run.js')).fleetRunCommand(flags, fleet);
    case 'status':
      return (await import('./fleet/status.js')).fleetStatusCommand(flags, fleet);
    case 'manifest':
      await (await import('./fleet/manifest.js')).fleetManifestCommand(flags, fleet);
      return exitCodes.done;
  }
}
