import { z } from 'zod';
import { usualRolloutSeconds } from '../kubernetes/deadlines';
import { checks } from './checks';
import { group, list, onOff, text, whole } from './fields';

const limits = group(
  {
    rolloutSeconds: whole(30, 14_400, "of the restart of OpenEMR's pods").default(usualRolloutSeconds),
    healthSeconds: whole(5, 3600, 'of the health proof').default(60),
    idleSeconds: whole(5, 7200, 'of the wait until the old account is idle').default(300),
  },
  'limits in seconds; the deadline and the grace period of the pods follow from them',
).prefault({});

const resources = group(
  {
    cpu: text(checks.cpu, 'CPU request').default('250m'),
    memory: text(checks.memory, 'memory request').default('512Mi'),
    memoryLimit: text(checks.memory, 'memory limit').default('1Gi'),
  },
  'what the container requests',
).prefault({});

const optionalRights = group(
  {
    lease: onOff('a Lease beside the lock in the database').default(true),
    events: onOff('an Event at the end of each run').default(true),
    pods: onOff(
      'reading pods and quotas: why a restart is stuck, how long it takes, and whether there is room',
    ).default(false),
    canary: onOff(
      'a canary pod before the switch; who may make pods can use each Secret of the namespace by them',
    ).default(false),
    workloads: onOff('listing workloads, to warn of others that read the same Secret').default(true),
  },
  'optional permissions',
).prefault({});

const egress = group(
  {
    port: whole(1, 65_535, 'port'),
    protocol: z
      .enum(['TCP', 'UDP'], { error: () => 'TCP or UDP' })
      .default('TCP')
      .describe('TCP or UDP'),
    cidr: text(checks.cidr, 'to these addresses').optional(),
    namespace: text(checks.label, 'or to the pods of this namespace').optional(),
  },
  'a further way out',
);

const network = group(
  {
    databasePort: whole(1, 65_535, "the database's port").default(3306),
    databaseCidrs: list(checks.cidr, "address ranges of the database's subnets").default([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
    ]),
    apiServerPort: whole(1, 65_535, 'port of the API server behind its Service').default(443),
    healthPort: whole(
      1,
      65_535,
      "port of OpenEMR's containers; without it that of the health URL",
    ).optional(),
    more: z
      .array(egress, { error: () => 'a list of egress rules' })
      .default([])
      .describe('further egress rules, each with port, and cidr or namespace'),
  },
  'where the pod may connect to',
).prefault({});

const secretReference = group(
  { secret: text(checks.objectName, 'Secret'), key: text(checks.dataKey, 'its key') },
  'a key of a Secret',
);

const variables = <T extends z.ZodType>(value: T, expected: string) =>
  z.record(z.string().refine(checks.variable.test, { error: checks.variable.expected }), value, {
    error: () => expected,
  });

const labelsOf = (describe: string) =>
  z
    .record(
      z.string().refine(checks.nodeLabel.test, { error: checks.nodeLabel.expected }),
      z.string({ error: () => 'a text' }).refine(checks.nodeValue.test, { error: checks.nodeValue.expected }),
      { error: () => 'labels with their values' },
    )
    .describe(describe);

const toleration = group(
  {
    key: text(checks.nodeLabel, 'of the taint').optional(),
    operator: z
      .enum(['Exists', 'Equal'], { error: () => 'Exists or Equal' })
      .optional()
      .describe('Exists or Equal'),
    value: text(checks.nodeValue, 'of the taint').optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], {
        error: () => 'NoSchedule, PreferNoSchedule or NoExecute',
      })
      .optional()
      .describe('of the taint'),
  },
  'a taint that the pod puts up with',
);

const placement = group(
  {
    nodeSelector: labelsOf('labels that the node must have').optional(),
    tolerations: z
      .array(toleration, { error: () => 'a list of tolerations' })
      .optional()
      .describe('taints that the pod tolerates, each with key, operator, value and effect'),
    priorityClass: text(checks.objectName, 'PriorityClass of the pod').optional(),
  },
  'on which nodes the pod runs, and with which priority',
);

const monitoring = group(
  {
    pushgateway: group(
      {
        url: text(checks.url, 'its URL, as the pods of the rotation reach it'),
        namespace: text(checks.label, 'the namespace of its pods'),
        port: whole(1, 65_535, 'the port of its pods').default(9091),
        labels: labelsOf('labels of its pods').default({
          'app.kubernetes.io/name': 'prometheus-pushgateway',
        }),
      },
      'the Pushgateway that the metrics are pushed to: a pod of a Job has ended before it can be scraped',
    ),
    labels: labelsOf('labels by which Prometheus selects PodMonitors and PrometheusRules').default({}),
    passwordDays: whole(1, 3650, 'alert on a password that is older').default(90),
    notRunDays: whole(1, 365, 'alert when no run has ended for so many days').default(2),
  },
  'metrics and alerts: a PodMonitor and a PrometheusRule of the Prometheus Operator',
);

/** What is made in the cluster. */
export const kubernetesInputs = group(
  {
    deployment: text(checks.objectName, "OpenEMR's Deployment"),
    secret: text(checks.objectName, "OpenEMR's Secret, with the keys mysql-*"),
    image: text(checks.image, 'image of the command'),
    imagePullSecret: text(checks.objectName, 'Secret with the login of its registry').optional(),
    site: text(checks.site, "OpenEMR's site").default('default'),
    healthUrl: text(
      checks.url,
      "OpenEMR's readyz page, or its login page; without it the HTTP proof is skipped",
    ).optional(),
    healthCa: group(
      { configMap: text(checks.objectName, 'ConfigMap'), key: text(checks.dataKey, 'its key') },
      "the CA of the health page; without it the system's CAs are trusted, and a self-signed certificate within the cluster",
    ).optional(),
    acceptDowntime: onOff(
      'true: rotate although the Deployment takes all of its pods down at once, so that requests fail',
    ).default(false),
    databaseCa: group(
      { configMap: text(checks.objectName, 'ConfigMap'), key: text(checks.dataKey, 'its key') },
      "the database's CA; without it Amazon's RDS bundle is trusted",
    ).optional(),
    user: group(
      {
        uid: whole(0, 4_294_967_294, 'user id'),
        gid: whole(0, 4_294_967_294, 'group id'),
      },
      'the user that the pod runs as. Behind an access point any user will do, by default 65532; with sites.claim it is required: the owner of sqlconf.php. Root (0) gets the capabilities CHOWN, FOWNER and DAC_OVERRIDE, and no other',
    ).optional(),
    placement: placement.optional(),
    serviceAccount: group(
      { adopt: text(checks.objectName, 'the existing ServiceAccount').optional() },
      'the identity of the pods; without adopt one is created',
    ).prefault({}),
    schedule: text(
      checks.schedule,
      'when the CronJob starts. `H` is a minute of its own, by namespace and name: several OpenEMRs do not start at once',
    ).default('H 3 * * *'),
    timeZone: text(checks.timeZone, 'of the schedule').default('Etc/UTC'),
    suspended: onOff('true: the schedule is suspended').default(false),
    ifOlderThan: text(checks.age, 'how old the last rotation must be before the schedule rotates').default(
      '30d',
    ),
    limits,
    resources,
    optionalRights,
    network,
    monitoring: monitoring.optional(),
    environment: variables(z.string({ error: () => 'a text' }), 'variables with their values')
      .default({})
      .describe('further variables, none of them secret'),
    secretEnvironment: variables(secretReference, 'variables, each with secret and key')
      .default({})
      .describe('further variables whose values stay in Secrets, e.g. CREDENTIAL_ROTATION_WEBHOOK_URL'),
  },
  'what is created in the cluster',
);
