import type { FleetFile } from '../../../src/fleet/fleetFile';

/** A fleet with deployments of these names, all in order. */
export function fleetOf(names: readonly string[], changes: Partial<FleetFile> = {}): FleetFile {
  return {
    name: 'clinics',
    defaults: { awsRegion: 'us-east-1', deployment: 'openemr', kubernetesSecret: 'openemr-db-credentials' },
    deployments: names.map((name) => ({
      name,
      own: {
        slotSecretId: `${name}/slots`,
        adminSecretId: `${name}/admin`,
        sitesRoot: `/mnt/openemr-sites/${name}`,
        namespace: name,
      },
    })),
    ...changes,
  };
}
