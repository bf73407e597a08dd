import { exampleSettings } from './example';
import type { RotationSettings } from './settings';

/** Where the pod's volumes are mounted. */
export const paths = {
  /** The only folder besides /tmp that can be written; empty at each start, since the state is in the bucket. */
  home: '/var/lib/credential-rotation',
  temporary: '/tmp',
  sites: '/mnt/openemr-sites',
  databaseCa: '/etc/credential-rotation/database-ca',
  healthCa: '/etc/credential-rotation/health-ca',
};

/** A variable with a value of its own, or with that of a key in a Secret. */
export type Variable<Text> =
  | { name: string; value: string | Text }
  | { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } };

/** Set by `monitoring` where that is given, else by whoever likes. */
export const pushgatewayVariable = 'CREDENTIAL_ROTATION_PUSHGATEWAY_URL';

/** Variables of the container. The image itself sets `PULUMI_HOME` and `CREDENTIAL_ROTATION_ENGINE_ROOT`. */
export function environmentOf<Text>(settings: RotationSettings<Text>): Variable<Text>[] {
  const { monitoring, environment } = settings;
  const pushed = monitoring && { [pushgatewayVariable]: monitoring.pushgateway.url };
  const values = { ...plainValues(settings), ...pushed, ...environment };
  return [
    ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    ...Object.entries(settings.secretEnvironment).map(([name, { secret, key }]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key } },
    })),
  ];
}

/** The variables that the settings decide; nobody else may set them. */
function plainValues<Text>(settings: RotationSettings<Text>): Record<string, string | Text | undefined> {
  const { limits, databaseCa, healthCa } = settings;
  return {
    AWS_REGION: settings.awsRegion,
    RDS_SLOT_SECRET_ID: settings.slotSecretId,
    RDS_ADMIN_SECRET_ID: settings.adminSecretId,
    OPENEMR_SITES_MOUNT_ROOT: paths.sites,
    OPENEMR_SITE: settings.site,
    K8S_NAMESPACE: settings.namespace,
    K8S_DEPLOYMENT_NAME: settings.deployment,
    K8S_SECRET_NAME: settings.kubernetesSecret,
    OPENEMR_HEALTHCHECK_URL: settings.healthUrl,
    OPENEMR_HEALTHCHECK_CA_FILE: healthCa && `${paths.healthCa}/${healthCa.key}`,
    DATABASE_CA_FILE: databaseCa && `${paths.databaseCa}/${databaseCa.key}`,
    CREDENTIAL_ROTATION_ACCEPT_DOWNTIME: settings.acceptDowntime ? 'true' : undefined,
    CREDENTIAL_ROTATION_HEALTH_LIMIT_SECONDS: String(limits.healthSeconds),
    CREDENTIAL_ROTATION_ROLLOUT_TIMEOUT_SECONDS: String(limits.rolloutSeconds),
    CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS: String(limits.idleSeconds),
    CREDENTIAL_ROTATION_CANARY_LIMIT_SECONDS:
      limits.canarySeconds === undefined ? undefined : String(limits.canarySeconds),
    CREDENTIAL_ROTATION_STACK: settings.stack,
    CREDENTIAL_ROTATION_HOME: paths.home,
    CREDENTIAL_ROTATION_SECRETS_PROVIDER: settings.secretsProvider,
    PULUMI_BACKEND_URL: settings.backendUrl,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    HOME: paths.home,
    // The owner of sqlconf.php mostly has no name in the image, and the engine wants one for its lock.
    USER: 'credential-rotation',
    TMPDIR: paths.temporary,
  };
}

/** Names of the variables that the settings decide. */
export function ownVariables(): string[] {
  return Object.keys(plainValues(exampleSettings));
}
