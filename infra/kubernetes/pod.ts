import { gracePeriodSeconds } from './deadlines';
import { environmentOf, paths } from './environment';
import type { Placement, RotationSettings, Toleration } from './settings';
import { labelsOf, objectNames } from './settings';

/** Name of the one container in the pods of a fleet, which are many OpenEMRs'. */
export const containerName = 'credential-rotation';

/**
 * Name of the one container in the pods of one OpenEMR's rotation: log filters tell by it whose lines they read, since
 * several may rotate in a namespace.
 */
export function containerNameOf({ name }: Pick<RotationSettings, 'name'>): string {
  return name;
}

/** What root needs to replace a file of somebody else, and all that it gets. */
const capabilitiesOfRoot = ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'];

/**
 * The pod that rotates, with these arguments of the command. It runs as the owner of `sqlconf.php`, or as anybody when
 * an EFS access point decides whose files they are; so it needs no capability. Only where the files are root's and no
 * access point says so it runs as root, with the few capabilities that this takes.
 */
export function rotationPodSpec<Text>(
  settings: RotationSettings<Text>,
  args: readonly string[] = ['--log-json'],
  name = containerName,
) {
  const { user, imagePullSecret, placement } = settings;
  return {
    serviceAccountName: objectNames(settings).serviceAccount,
    automountServiceAccountToken: true,
    // Variables of the namespace's Services, such as OPENEMR_PORT, must not look like settings.
    enableServiceLinks: false,
    restartPolicy: 'Never',
    ...placementOf(placement),
    terminationGracePeriodSeconds: gracePeriodSeconds(settings.limits),
    ...(imagePullSecret === undefined ? {} : { imagePullSecrets: [{ name: imagePullSecret }] }),
    securityContext: {
      runAsNonRoot: user.uid !== 0,
      runAsUser: user.uid,
      runAsGroup: user.gid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [{ name, ...container(settings, args) }],
    volumes: volumesOf(settings),
  };
}

function tolerationOf({ key, operator, value, effect }: Toleration) {
  return {
    ...(key === undefined ? {} : { key }),
    ...(operator === undefined ? {} : { operator }),
    ...(value === undefined ? {} : { value }),
    ...(effect === undefined ? {} : { effect }),
  };
}

function placementOf({ nodeSelector, tolerations, priorityClass }: Placement = {}) {
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations === undefined ? {} : { tolerations: tolerations.map(tolerationOf) }),
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
  };
}

function container<Text>(settings: RotationSettings<Text>, args: readonly string[]) {
  const { image, resources, user } = settings;
  return {
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [...args],
    env: environmentOf(settings),
    resources: {
      requests: { cpu: resources.cpu, memory: resources.memory },
      limits: { memory: resources.memoryLimit },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], ...(user.uid === 0 ? { add: [...capabilitiesOfRoot] } : {}) },
    },
    volumeMounts: [
      { name: 'home', mountPath: paths.home },
      { name: 'tmp', mountPath: paths.temporary },
      { name: 'sites', mountPath: paths.sites },
      ...(settings.databaseCa ? [{ name: 'database-ca', mountPath: paths.databaseCa, readOnly: true }] : []),
      ...(settings.healthCa ? [{ name: 'health-ca', mountPath: paths.healthCa, readOnly: true }] : []),
    ],
  };
}

function volumesOf({ sitesClaim, databaseCa, healthCa }: RotationSettings<unknown>) {
  return [
    { name: 'home', emptyDir: { sizeLimit: '512Mi' } },
    { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    { name: 'sites', persistentVolumeClaim: { claimName: sitesClaim } },
    ...(databaseCa ? [{ name: 'database-ca', configMap: { name: databaseCa.configMap } }] : []),
    ...(healthCa ? [{ name: 'health-ca', configMap: { name: healthCa.configMap } }] : []),
  ];
}

/** The pod as the template of a Job. */
export function podTemplate<Text>(
  settings: RotationSettings<Text>,
  args: readonly string[],
  name = containerName,
) {
  return {
    metadata: {
      labels: labelsOf(settings),
      annotations: {
        // An autoscaler that moves the pod would stop the rotation half-way.
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
        'karpenter.sh/do-not-disrupt': 'true',
      },
    },
    spec: rotationPodSpec(settings, args, name),
  };
}
