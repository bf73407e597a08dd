/** How the text of an option is checked. */
export type OptionType =
  | 'region'
  | 'url'
  | 'seconds'
  | 'yes-or-no'
  | 'canary'
  | 'limit'
  | 'count'
  | 'folder'
  | 'home'
  | 'file'
  | 'metrics-file'
  | 'base-url'
  | 'backend-url'
  | 'secrets-provider'
  | 'arn-or-name'
  | 'kubernetes-name'
  | 'site-name'
  | 'stack-name';

/** One setting: it comes from a flag, the environment or the stack file, in this order, or is the default. */
export interface OptionDefinition {
  flag: string;
  variable: string;
  /** Key in the stack file, under the project's name. */
  stackKey: string;
  type: OptionType;
  group: 'Target' | 'Rotation' | 'Engine' | 'Reports';
  describe: string;
  required?: boolean;
  default?: string;
  /** In a few words, a default that is no fixed text. */
  usual?: string;
}

/** All settings. The reference and the help are made from this table. */
export const optionTable = {
  awsRegion: {
    flag: 'aws-region',
    variable: 'AWS_REGION',
    stackKey: 'awsRegion',
    type: 'region',
    group: 'Target',
    required: true,
    describe: 'AWS region of both secrets',
  },
  slotSecretId: {
    flag: 'slot-secret-id',
    variable: 'RDS_SLOT_SECRET_ID',
    stackKey: 'slotSecretId',
    type: 'arn-or-name',
    group: 'Target',
    required: true,
    describe: 'ARN or name of the slot secret',
  },
  adminSecretId: {
    flag: 'admin-secret-id',
    variable: 'RDS_ADMIN_SECRET_ID',
    stackKey: 'adminSecretId',
    type: 'arn-or-name',
    group: 'Target',
    required: true,
    describe: 'ARN or name of the admin secret',
  },
  sitesRoot: {
    flag: 'sites-root',
    variable: 'OPENEMR_SITES_MOUNT_ROOT',
    stackKey: 'sitesRoot',
    type: 'folder',
    group: 'Target',
    required: true,
    describe: "folder where OpenEMR's sites/ is mounted",
  },
  site: {
    flag: 'site',
    variable: 'OPENEMR_SITE',
    stackKey: 'site',
    type: 'site-name',
    group: 'Target',
    default: 'default',
    describe: "OpenEMR's site: the folder below sites/ whose login is changed",
  },
  namespace: {
    flag: 'namespace',
    variable: 'K8S_NAMESPACE',
    stackKey: 'namespace',
    type: 'kubernetes-name',
    group: 'Target',
    required: true,
    describe: 'Kubernetes namespace of OpenEMR',
  },
  deployment: {
    flag: 'deployment',
    variable: 'K8S_DEPLOYMENT_NAME',
    stackKey: 'deployment',
    type: 'kubernetes-name',
    group: 'Target',
    required: true,
    describe: 'Deployment of OpenEMR',
  },
  kubernetesSecret: {
    flag: 'kubernetes-secret',
    variable: 'K8S_SECRET_NAME',
    stackKey: 'kubernetesSecret',
    type: 'kubernetes-name',
    group: 'Target',
    required: true,
    describe: 'Secret with the mysql-* keys',
  },
  healthUrl: {
    flag: 'health-url',
    variable: 'OPENEMR_HEALTHCHECK_URL',
    stackKey: 'healthUrl',
    type: 'url',
    group: 'Target',
    describe: "OpenEMR's readyz page, or its login page; without it the HTTP proof is skipped",
  },
  caFile: {
    flag: 'database-ca-file',
    variable: 'DATABASE_CA_FILE',
    stackKey: 'databaseCaFile',
    type: 'file',
    group: 'Target',
    usual: "Amazon's RDS bundle",
    describe: "PEM file of the database's CA",
  },
  healthAnswersInARow: {
    flag: 'health-answers',
    variable: 'CREDENTIAL_ROTATION_HEALTH_ANSWERS',
    stackKey: 'healthAnswers',
    type: 'count',
    group: 'Rotation',
    default: '3',
    describe: 'good health answers in a row that prove health',
  },
  healthCaFile: {
    flag: 'health-ca-file',
    variable: 'OPENEMR_HEALTHCHECK_CA_FILE',
    stackKey: 'healthCaFile',
    type: 'file',
    group: 'Rotation',
    usual: "the system's CAs; inside the cluster a self-signed certificate passes",
    describe: "PEM file of the health page's CA",
  },
  healthLimitSeconds: {
    flag: 'health-limit',
    variable: 'CREDENTIAL_ROTATION_HEALTH_LIMIT_SECONDS',
    stackKey: 'healthLimitSeconds',
    type: 'limit',
    group: 'Rotation',
    default: '60',
    describe: 'limit of the health proof',
  },
  acceptDowntime: {
    flag: 'accept-downtime',
    variable: 'CREDENTIAL_ROTATION_ACCEPT_DOWNTIME',
    stackKey: 'acceptDowntime',
    type: 'yes-or-no',
    group: 'Rotation',
    default: 'false',
    describe: 'rotate although the Deployment takes all of its pods down at once, so that requests fail',
  },
  rolloutTimeoutSeconds: {
    flag: 'timeout',
    variable: 'CREDENTIAL_ROTATION_ROLLOUT_TIMEOUT_SECONDS',
    stackKey: 'rolloutTimeoutSeconds',
    type: 'limit',
    group: 'Rotation',
    usual: "the Deployment's progressDeadlineSeconds, from each new pod that gets ready",
    describe: 'limit of the whole rollout',
  },
  canary: {
    flag: 'canary',
    variable: 'CREDENTIAL_ROTATION_CANARY',
    stackKey: 'canary',
    type: 'canary',
    group: 'Rotation',
    default: 'auto',
    describe:
      'try one pod on the new login before the switch: auto (where that is possible), require (or do not rotate), off',
  },
  canaryLimitSeconds: {
    flag: 'canary-limit',
    variable: 'CREDENTIAL_ROTATION_CANARY_LIMIT_SECONDS',
    stackKey: 'canaryLimitSeconds',
    type: 'limit',
    group: 'Rotation',
    default: '300',
    describe: 'how long that pod may take to start and to answer',
  },
  idleGraceSeconds: {
    flag: 'idle-grace',
    variable: 'CREDENTIAL_ROTATION_IDLE_GRACE_SECONDS',
    stackKey: 'idleGraceSeconds',
    type: 'seconds',
    group: 'Rotation',
    default: '30',
    describe: 'how long an account must be unused before its password is changed',
  },
  idleLimitSeconds: {
    flag: 'idle-limit',
    variable: 'CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS',
    stackKey: 'idleLimitSeconds',
    type: 'seconds',
    group: 'Rotation',
    default: '300',
    describe: 'how long to wait until an account is unused',
  },
  oldLoginSeconds: {
    flag: 'old-login-window',
    variable: 'CREDENTIAL_ROTATION_OLD_LOGIN_SECONDS',
    stackKey: 'oldLoginSeconds',
    type: 'seconds',
    group: 'Rotation',
    default: '60',
    describe:
      'how long after the switch an NFS client may still read the old sqlconf.php; the idle grace begins then',
  },
  keepOldPassword: {
    flag: 'keep-old-password',
    variable: 'CREDENTIAL_ROTATION_KEEP_OLD_PASSWORD',
    stackKey: 'keepOldPassword',
    type: 'yes-or-no',
    group: 'Rotation',
    default: 'false',
    describe:
      'keep the password that a slot had before its renewal valid until the next rotation (MySQL 8.0.14 or newer)',
  },
  fileLimitSeconds: {
    flag: 'file-limit',
    variable: 'CREDENTIAL_ROTATION_FILE_LIMIT_SECONDS',
    stackKey: 'fileLimitSeconds',
    type: 'limit',
    group: 'Rotation',
    default: '15',
    describe: 'how long the sites folder may take to answer',
  },
  stack: {
    flag: 'stack',
    variable: 'CREDENTIAL_ROTATION_STACK',
    stackKey: 'stack',
    type: 'stack-name',
    group: 'Engine',
    default: 'prod',
    describe: 'Pulumi stack; also names the stack file Pulumi.<stack>.yaml',
  },
  home: {
    flag: 'home',
    variable: 'CREDENTIAL_ROTATION_HOME',
    stackKey: 'home',
    type: 'home',
    group: 'Engine',
    usual: '$XDG_STATE_HOME/openemr-credential-rotation',
    describe: 'private writable folder',
  },
  backendUrl: {
    flag: 'backend-url',
    variable: 'PULUMI_BACKEND_URL',
    stackKey: 'backendUrl',
    type: 'backend-url',
    group: 'Engine',
    usual: 'a folder below home',
    describe: 'Pulumi state backend, e.g. s3://bucket',
  },
  secretsProvider: {
    flag: 'secrets-provider',
    variable: 'CREDENTIAL_ROTATION_SECRETS_PROVIDER',
    stackKey: 'secretsProvider',
    type: 'secrets-provider',
    group: 'Engine',
    default: 'passphrase',
    describe: 'passphrase, or e.g. awskms://alias/name?region=…',
  },
  metricsFile: {
    flag: 'metrics-file',
    variable: 'CREDENTIAL_ROTATION_METRICS_FILE',
    stackKey: 'metricsFile',
    type: 'metrics-file',
    group: 'Reports',
    describe:
      "file for the textfile collector of Prometheus's node_exporter, e.g. /metrics/credential_rotation.prom",
  },
  pushgatewayUrl: {
    flag: 'pushgateway-url',
    variable: 'CREDENTIAL_ROTATION_PUSHGATEWAY_URL',
    stackKey: 'pushgatewayUrl',
    type: 'base-url',
    group: 'Reports',
    describe: 'Prometheus Pushgateway that takes the same metrics',
  },
} as const satisfies Record<string, OptionDefinition>;

/** Name of a setting. */
export type OptionName = keyof typeof optionTable;

/** All names, in the table's order. */
export const optionNames = Object.keys(optionTable) as OptionName[];

/** The definition of a setting, with its optional parts. */
export function definitionOf(name: OptionName): OptionDefinition {
  return optionTable[name];
}

/** The default of a setting for a person, with its unit; undefined without one. */
export function usualOf(name: OptionName): string | undefined {
  const { default: value, usual, type } = definitionOf(name);
  const isTime = type === 'seconds' || type === 'limit';
  return isTime && value !== undefined ? `${value} seconds` : (value ?? usual);
}
