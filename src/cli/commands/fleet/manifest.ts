import type { FleetFlags, Flags } from '../../invocation';
/** x */
export async function fleetManifestCommand(_flags: Flags, _fleetFlags: FleetFlags): Promise<void> {}
